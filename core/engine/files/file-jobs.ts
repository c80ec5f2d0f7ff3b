/** The thread that works on files: one job, one answer. Its entry brings the protocols. */
import type { RedactedSecret } from '../../export/redaction/redactor.ts';
import type { Protocol } from '../../protocol/protocol.ts';
import { Registry } from '../../protocol/recognise.ts';
import type { ProtocolSource } from '../../session/recorder-messages.ts';
import { EngineError } from '../../traffic/engine-error.ts';
import { type ExportedFile, type ExportJob, previewRedaction, runExportJob } from './file-work.ts';
import { type ImportResult, importFile } from './import-file.ts';
import type { TrafficChoice } from './read-traffic.ts';
import type { SelectionRequest } from './selection.ts';

export type FileJob =
  | { readonly kind: 'export'; readonly job: ExportJob }
  | { readonly kind: 'import'; readonly from: string; readonly output: string; readonly version: string }
  | { readonly kind: 'preview'; readonly session: string; readonly selection: SelectionRequest };

export interface FileJobResult {
  readonly export: ExportedFile;
  readonly import: ImportResult;
  readonly preview: readonly RedactedSecret[];
}

export interface FileWorkerData {
  readonly job: FileJob;
  readonly sources: readonly ProtocolSource[];
  /** URL of the recorder thread's entry. */
  readonly recorderWorker: string;
}
export type FileWorkerAnswer =
  | { readonly ok: true; readonly result: FileJobResult[FileJob['kind']] }
  | { readonly ok: false; readonly code: string; readonly message: string };

export async function answerFileJob(
  { job, sources, recorderWorker }: FileWorkerData,
  protocols: readonly Protocol[],
  now: () => number,
): Promise<FileWorkerAnswer> {
  const tools = { protocols, sources, recorderWorker: new URL(recorderWorker), now };
  try {
    switch (job.kind) {
      case 'export':
        return { ok: true, result: await runExportJob(job.job, tools) };
      case 'import': {
        const { from, output, version } = job;
        const choice = byContent(protocols);
        return { ok: true, result: await importFile({ ...tools, from, path: output, choice, version }) };
      }
      case 'preview':
        return { ok: true, result: previewRedaction(job.session, job.selection, protocols) };
    }
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { ok: false, code: error instanceof EngineError ? error.code : 'internal', message };
  }
}

/** Nothing is asked for: what the traffic looks like decides. */
function byContent(protocols: readonly Protocol[]): TrafficChoice {
  const registry = new Registry(protocols);
  return {
    protocols,
    forced: undefined,
    given: () => undefined,
    choose: (sample, link) => registry.recognise(sample, link) ?? undefined,
    serverPorts: new Map(protocols.flatMap((p) => p.ports.map((port) => [port.port, port.transport] as const))),
  };
}
