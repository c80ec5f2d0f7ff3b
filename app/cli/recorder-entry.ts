import { extname } from 'node:path';

/** Entry of the recorder thread; sources and built files have their own ending. */
export const RECORDER_WORKER = new URL(`../engine/recorder-worker${extname(import.meta.filename)}`, import.meta.url);
