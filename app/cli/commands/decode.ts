import { type Invocation, UsageError } from '../command.ts';
import { forEachFrame } from '../decoded-file.ts';
import type { DecodedFrame } from '../frame-decoder.ts';
import { jsonLine, textLine } from '../frame-lines.ts';
import { LineWriter, printError } from '../output.ts';

/** One line per frame on stdout, in capture order; what could not be read is told on stderr. */
export async function decode(invocation: Invocation): Promise<number> {
  const [path] = invocation.operands;
  const format = invocation.text('format') ?? (process.stdout.isTTY ? 'text' : 'jsonl');
  if (format !== 'jsonl' && format !== 'text') throw new UsageError(`--format is jsonl or text, not "${format}"`);
  const write = format === 'jsonl' ? (d: DecodedFrame) => jsonLine(d) : textLine;
  const out = new LineWriter();
  const lines: string[] = [];
  const drain = async (): Promise<void> => {
    for (const line of lines.splice(0)) await out.line(line);
  };
  const { problems, decoder } = await forEachFrame(
    path!,
    invocation,
    (decoded, at) => void lines.push(write(decoded, decoded.frame.time - at)),
    drain,
  );
  await drain();
  await out.flush();
  for (const { connection, info } of decoder.remarks) printError(new Error(`connection ${connection}: ${info.text}`));
  for (const problem of problems) printError(new Error(`${path}: ${problem}`));
  return 0;
}
