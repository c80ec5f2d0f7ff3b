/** A session, or a part of it, in a form others can open. */
import { writeCsv } from '../../export/csv.ts';
import type { Chunk, ExportSource } from '../../export/export-source.ts';
import { type HarResult, writeHar } from '../../export/har.ts';
import { writeHtml } from '../../export/html.ts';
import { writeJsonLines } from '../../export/json-lines.ts';
import { writeMarkdown } from '../../export/markdown.ts';
import { writePcapng } from '../../export/pcapng.ts';
import type { Redactor } from '../../export/redaction/redactor.ts';
import type { SessionReader } from '../../session/session-reader.ts';
import { hexOf } from '../reader/value-text.ts';
import { sessionAsTest } from './as-test.ts';
import { SECRETS_KEY } from './import-file.ts';
import { learnSecrets, redactedSource } from './redacted-source.ts';
import { type Selected, type SelectionRequest, selectFrames } from './selection.ts';
import { sessionSource } from './session-source.ts';

/** Formats that are one text or stream of bytes; sessions and bundles are made by what makes files. */
export const STREAM_FORMATS = ['pcapng', 'jsonl', 'csv', 'har', 'html', 'markdown', 'test'] as const;
export type StreamFormat = (typeof STREAM_FORMATS)[number];

export interface ExportRequest extends SelectionRequest {
  readonly format: StreamFormat;
  readonly redact?: boolean;
  /** CSV only. */
  readonly columns?: readonly string[];
  /** Of Interpose. */
  readonly version: string;
}

export interface ExportOutcome {
  readonly frames: number;
  /** Places that were written over; 0 without `redact`. */
  readonly redacted: number;
  /** Sentences about what the format could not take. */
  readonly notes: readonly string[];
}

const encoder = new TextEncoder();
const BLOCK_BYTES = 256 * 1024;

/** @throws EngineError `bad-filter`, or what `write` throws */
export async function exportSession(
  reader: SessionReader,
  request: ExportRequest,
  write: (block: Uint8Array) => void | Promise<void>,
): Promise<ExportOutcome> {
  const redactor = request.redact === true ? learnSecrets(reader) : undefined;
  const selected = selectFrames(reader, request);
  const plain = sessionSource(reader, selected);
  const counted = new CountedSource(redactor === undefined ? plain : redactedSource(plain, reader, redactor));
  const har: HarResult = { leftOut: 0 };
  const blocks = new Blocks(write);
  for (const chunk of chunksOf(counted, request, reader, selected, redactor, har))
    if (blocks.add(chunk)) await blocks.flush();
  await blocks.flush();
  return {
    frames: counted.frames - har.leftOut,
    redacted: redactor?.total ?? 0,
    notes:
      har.leftOut === 0
        ? []
        : [`HAR holds WebSocket connections only: ${har.leftOut} frames of other transports were left out`],
  };
}

function chunksOf(
  counted: CountedSource,
  request: ExportRequest,
  reader: SessionReader,
  selected: Selected,
  redactor: Redactor | undefined,
  har: HarResult,
): Iterable<Chunk> {
  const { source } = counted;
  const { version } = request;
  switch (request.format) {
    case 'pcapng': {
      const comment = metaText(reader, 'comment');
      return writePcapng(source, {
        application: `Interpose ${version}`,
        ...(comment === undefined ? {} : { comment: redactor?.redactText(comment) ?? comment }),
        // Keys to encrypted traffic are secrets themselves.
        ...(redactor === undefined ? { secrets: secretsOf(reader) } : {}),
      });
    }
    case 'jsonl':
      return writeJsonLines(source, hexOf);
    case 'csv':
      return writeCsv(source, request.columns);
    case 'har':
      return writeHar(source, { name: 'Interpose', version }, har);
    case 'html':
      return writeHtml(source, { version, ...(redactor === undefined ? {} : { redactor }) });
    case 'markdown':
      return writeMarkdown(source, { version });
    case 'test': {
      const { code, frames } = sessionAsTest(reader, selected);
      counted.frames = frames;
      return [redactor?.redactText(code) ?? code];
    }
  }
}

/** Tells how many frames went through. */
class CountedSource {
  frames = 0;
  readonly source: ExportSource;

  constructor(of: ExportSource) {
    const count = (): void => {
      this.frames++;
    };
    this.source = {
      ...of,
      *frames() {
        for (const frame of of.frames()) {
          count();
          yield frame;
        }
      },
    };
  }
}

/** Small chunks in blocks of a size that files and sockets like. */
class Blocks {
  readonly #write: (block: Uint8Array) => void | Promise<void>;
  #texts: string[] = [];
  #parts: Uint8Array[] = [];
  #size = 0;

  constructor(write: (block: Uint8Array) => void | Promise<void>) {
    this.#write = write;
  }
  /** True when a block is full. */
  add(chunk: Chunk): boolean {
    this.#size += chunk.length;
    if (typeof chunk === 'string') this.#texts.push(chunk);
    else {
      this.#join();
      this.#parts.push(chunk);
    }
    return this.#size >= BLOCK_BYTES;
  }
  async flush(): Promise<void> {
    this.#join();
    const parts = this.#parts;
    this.#parts = [];
    this.#size = 0;
    if (parts.length > 0) await this.#write(parts.length === 1 ? parts[0]! : Buffer.concat(parts));
  }
  #join(): void {
    if (this.#texts.length === 0) return;
    this.#parts.push(encoder.encode(this.#texts.join('')));
    this.#texts = [];
  }
}

function metaText(reader: SessionReader, key: string): string | undefined {
  const row = reader.db.prepare('SELECT value FROM meta WHERE key = ?').get(key) as { value: string } | undefined;
  return row?.value;
}

function secretsOf(reader: SessionReader): { type: number; bytes: Uint8Array }[] {
  const text = metaText(reader, SECRETS_KEY);
  if (text === undefined) return [];
  try {
    const list = JSON.parse(text) as readonly { readonly type?: unknown; readonly bytes?: unknown }[];
    return list.flatMap(({ type, bytes }) =>
      typeof type === 'number' && typeof bytes === 'string'
        ? [{ type, bytes: new Uint8Array(Buffer.from(bytes, 'base64')) }]
        : [],
    );
  } catch {
    return [];
  }
}
