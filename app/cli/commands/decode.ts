import { compileFilter } from '../../../core/traffic/filter/filter.ts';
import { type Invocation, UsageError } from '../command.ts';
import { FrameDecoder } from '../frame-decoder.ts';
import { filterSubject } from '../filter-subject.ts';
import { jsonLine, textLine } from '../frame-lines.ts';
import { LineWriter, printError } from '../output.ts';
import { readProtocolChoice } from '../protocol-options.ts';
import { readTraffic } from '../read-file.ts';
import { vocabularyOf } from '../../../core/engine/vocabulary.ts';

/** One line per frame on stdout, in capture order; what could not be read is told on stderr. */
export async function decode(invocation: Invocation): Promise<number> {
  const [path] = invocation.operands;
  const choice = readProtocolChoice(invocation);
  const format = invocation.text('format') ?? (process.stdout.isTTY ? 'text' : 'jsonl');
  if (format !== 'jsonl' && format !== 'text') throw new UsageError(`--format is jsonl or text, not "${format}"`);
  const filter = compileFilter(invocation.text('filter') ?? '', vocabularyOf(choice.protocols));
  if (!filter.ok) throw new UsageError(`--filter: ${filter.message} (at character ${filter.at + 1})`);
  const out = new LineWriter();
  const lines: string[] = [];
  let began: number | undefined;
  const decoder = new FrameDecoder(choice, (decoded) => {
    began ??= decoded.frame.time;
    if (!filter.isEmpty && !filter.test(filterSubject(decoded, began))) return;
    lines.push(format === 'jsonl' ? jsonLine(decoded) : textLine(decoded, began));
  });
  const drain = async (): Promise<void> => {
    for (const line of lines.splice(0)) await out.line(line);
  };
  const { problems } = await readTraffic(path!, choice, decoder, drain);
  await drain();
  await out.flush();
  for (const { connection, info } of decoder.remarks) printError(new Error(`connection ${connection}: ${info.text}`));
  for (const problem of problems) printError(new Error(`${path}: ${problem}`));
  return 0;
}
