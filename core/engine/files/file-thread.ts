/** Work on files in a thread of its own: one job, one thread. */
import { Worker } from 'node:worker_threads';
import { EngineError, type EngineErrorCode } from '../../traffic/engine-error.ts';
import type { Engine } from '../engine.ts';
import type { FileJob, FileJobResult, FileWorkerAnswer, FileWorkerData } from './file-jobs.ts';

export type FileWork = <K extends FileJob['kind']>(job: Extract<FileJob, { kind: K }>) => Promise<FileJobResult[K]>;

/** @param worker entry of the thread; it brings the protocols */
export function fileWork(engine: Engine, worker: URL): FileWork {
  const running = new Set<Worker>();
  engine.onClose(async () => {
    await Promise.all([...running].map((thread) => thread.terminate()));
  });
  return <K extends FileJob['kind']>(job: Extract<FileJob, { kind: K }>) =>
    new Promise<FileJobResult[K]>((resolve, reject) => {
      const data: FileWorkerData = {
        job,
        sources: engine.protocols.sources,
        recorderWorker: engine.options.workers.recorder.href,
      };
      const thread = new Worker(worker, { workerData: data });
      running.add(thread);
      const end = (finish: () => void): void => {
        running.delete(thread);
        void thread.terminate();
        finish();
      };
      thread.once('message', (answer: FileWorkerAnswer) =>
        end(() => {
          if (answer.ok) resolve(answer.result as FileJobResult[K]);
          else reject(new EngineError(answer.code as EngineErrorCode, answer.message));
        }),
      );
      thread.once('error', (error) => end(() => reject(new EngineError('internal', String(error)))));
      thread.once('exit', () => end(() => reject(new EngineError('cancelled', 'The work on the file was ended.'))));
    });
}
