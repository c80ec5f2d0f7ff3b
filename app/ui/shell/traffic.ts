import { useApp } from '../app.ts';
import { useStore } from '../state/store.ts';

/** True once there is something to look at: frames, or a running proxy or capture that will bring some. */
export function useHasTraffic(): boolean {
  const { mirror } = useApp();
  const frames = useStore(mirror.growth, (growth) => growth.frames > 0);
  const isListening = useStore(mirror.proxies, (all) => all.some((proxy) => proxy.state !== 'stopped'));
  const isCapturing = useStore(mirror.capture, (capture) => capture?.running === true);
  const isFile = useStore(mirror.session, (session) => session?.readOnly === true);
  return frames || isListening || isCapturing || isFile;
}
