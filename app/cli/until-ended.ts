/** Resolves on SIGINT, SIGTERM or SIGHUP, or after so many seconds. A second signal ends the process at once. */
export function untilEnded(seconds?: number): Promise<void> {
  return new Promise((resolve) => {
    let ended = false;
    const end = (): void => {
      if (ended) process.exit(130);
      ended = true;
      clearTimeout(timer);
      resolve();
    };
    const timer = seconds === undefined ? undefined : setTimeout(end, seconds * 1000);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, end);
  });
}
