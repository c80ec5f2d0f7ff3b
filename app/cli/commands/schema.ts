import { type Invocation, UsageError } from '../command.ts';
import { print } from '../output.ts';
import { readProtocolFile } from '../protocol-options.ts';

/** Every mistake of a protocol file, as `file:line:column: message`. Exit 1 when there is one. */
export async function schema(invocation: Invocation): Promise<number> {
  const [verb, path] = invocation.operands;
  if (verb !== 'check')
    throw new UsageError(
      `schema knows "check", not "${verb}"; for example: interpose schema check interpose.protocol.yaml`,
    );
  const { protocol, problems } = readProtocolFile(path!);
  if (invocation.flag('json'))
    print(
      JSON.stringify(
        { ok: problems.length === 0, id: protocol?.id, messages: protocol?.messages.length, problems },
        null,
        2,
      ),
    );
  else {
    for (const problem of problems) print(`${path}:${problem.line}:${problem.column}: ${problem.message}`);
    if (problems.length === 0)
      print(`${path}: protocol ${protocol?.id}, ${protocol?.messages.length} messages, nothing wrong`);
  }
  return problems.length === 0 ? 0 : 1;
}
