import { type Invocation, UsageError } from '../command.ts';
import { forEachFrame, type OnCommands } from '../decoded-file.ts';
import { carrierText, commandsJson, commandsText, jsonLine, textLine } from '../frame-lines.ts';
import { LineWriter, printError } from '../output.ts';

/** One line per frame on stdout, in capture order; what could not be read is told on stderr. */
export async function decode(invocation: Invocation): Promise<number> {
  const [path] = invocation.operands;
  const format = invocation.text('format') ?? (process.stdout.isTTY ? 'text' : 'jsonl');
  if (format !== 'jsonl' && format !== 'text') throw new UsageError(`--format is jsonl or text, not "${format}"`);
  const isJson = format === 'jsonl';
  const hasCarrier = invocation.flag('carrier');
  const out = new LineWriter();
  const onCommands: OnCommands = (commands, connection, at) =>
    out.line(isJson ? commandsJson(commands, connection) : commandsText(commands, at));
  const { problems, decoder } = await forEachFrame(
    path!,
    invocation,
    (decoded, at) => {
      out.line(isJson ? jsonLine(decoded, hasCarrier) : textLine(decoded, decoded.frame.time - at));
      if (hasCarrier && !isJson) for (const line of carrierText(decoded.frame)) out.line(line);
    },
    { afterChunk: () => out.drain(), isBrief: isJson, ...(hasCarrier ? { onCommands } : {}) },
  );
  await out.flush();
  for (const { connection, info } of decoder.remarks) printError(new Error(`connection ${connection}: ${info.text}`));
  for (const problem of problems) printError(new Error(`${path}: ${problem}`));
  return 0;
}
