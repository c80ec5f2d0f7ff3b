import { type Invocation, UsageError } from '../command.ts';
import { forEachFrame } from '../decoded-file.ts';
import { jsonLine, textLine } from '../frame-lines.ts';
import { LineWriter, printError } from '../output.ts';

/** One line per frame on stdout, in capture order; what could not be read is told on stderr. */
export async function decode(invocation: Invocation): Promise<number> {
  const [path] = invocation.operands;
  const format = invocation.text('format') ?? (process.stdout.isTTY ? 'text' : 'jsonl');
  if (format !== 'jsonl' && format !== 'text') throw new UsageError(`--format is jsonl or text, not "${format}"`);
  const isJson = format === 'jsonl';
  const out = new LineWriter();
  const { problems, decoder } = await forEachFrame(
    path!,
    invocation,
    (decoded, at) => out.line(isJson ? jsonLine(decoded) : textLine(decoded, decoded.frame.time - at)),
    { afterChunk: () => out.drain(), isBrief: isJson },
  );
  await out.flush();
  for (const { connection, info } of decoder.remarks) printError(new Error(`connection ${connection}: ${info.text}`));
  for (const problem of problems) printError(new Error(`${path}: ${problem}`));
  return 0;
}
