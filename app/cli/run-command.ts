/** Finds the command, reads its arguments (node:util parseArgs), prints help, turns errors into one line and an exit code. */
import { parseArgs } from 'node:util';
import { type Command, type Invocation, type Option, UsageError } from './command.ts';
import { commandHelp, overview } from './help.ts';
import { print, printError } from './output.ts';

export async function runCommand(commands: readonly Command[], argv: readonly string[]): Promise<number> {
  const [name, ...rest] = argv;
  try {
    if (name === undefined || name === 'help' || name === '--help' || name === '-h') {
      print(rest[0] === undefined ? overview(commands) : commandHelp(find(commands, rest[0])));
      return 0;
    }
    if (name === '--version' || name === 'version') {
      print((await import('./version.ts')).VERSION);
      return 0;
    }
    const command = find(commands, name);
    if (rest.includes('--help') || rest.includes('-h')) {
      print(commandHelp(command));
      return 0;
    }
    const run = await command.load();
    return await run(readArguments(command, rest));
  } catch (error) {
    printError(error instanceof Error ? error : new Error(String(error)));
    return 2;
  }
}

function find(commands: readonly Command[], name: string): Command {
  const command = commands.find((c) => c.name === name);
  if (command === undefined) {
    const near = commands.find((c) => c.name.startsWith(name.slice(0, 3)));
    throw new UsageError(
      `there is no command "${name}"${near === undefined ? '' : `; did you mean "${near.name}"`}? "interpose help" lists them all`,
    );
  }
  return command;
}

function readArguments(command: Command, argv: readonly string[]): Invocation {
  const options = Object.fromEntries(
    command.options.map((o) => [
      o.name,
      {
        type: o.value === undefined ? ('boolean' as const) : ('string' as const),
        multiple: true as const,
        ...(o.short === undefined ? {} : { short: o.short }),
      },
    ]),
  );
  let parsed: ReturnType<typeof parseArgs>;
  try {
    parsed = parseArgs({
      args: withNegatives(argv, options),
      options,
      allowPositionals: true,
      strict: true,
      tokens: true,
    });
  } catch (error) {
    const [firstSentence] = (error as Error).message.split('. ');
    throw new UsageError(`${firstSentence}; "interpose help ${command.name}" shows what there is`);
  }
  checkOperands(command, parsed.positionals);
  const given = (parsed.tokens ?? [])
    .filter((t) => t.kind === 'option')
    .map((t) => ({ name: t.name, value: t.value ?? '' }));
  for (const option of command.options)
    checkOption(command, option, given.filter((g) => g.name === option.name).length);
  const texts = (name: string): string[] => given.filter((g) => g.name === name).map((g) => g.value);
  return {
    operands: parsed.positionals,
    given,
    texts,
    text: (name) => texts(name).at(-1),
    flag: (name) => given.some((g) => g.name === name),
    number: (name) => {
      const text = texts(name).at(-1);
      if (text === undefined) return undefined;
      const number = Number(text.replace(/s$/, ''));
      if (text.trim() === '' || !Number.isFinite(number))
        throw new UsageError(`--${name} takes a number, not "${text}"`);
      return number;
    },
  };
}

/** `--cases -5` as `--cases=-5`: else it would be taken for an option. */
function withNegatives(
  argv: readonly string[],
  options: Readonly<Record<string, { readonly type: string }>>,
): string[] {
  const args: string[] = [];
  for (const arg of argv) {
    const before = args.at(-1);
    const isValue = before?.startsWith('--') === true && options[before.slice(2)]?.type === 'string';
    if (isValue && /^-\.?\d/.test(arg)) args[args.length - 1] = `${before}=${arg}`;
    else args.push(arg);
  }
  return args;
}

function checkOperands(command: Command, positionals: readonly string[]): void {
  const operands = command.operands ?? [];
  const missing = operands.filter((o) => o.optional !== true)[positionals.length];
  if (missing !== undefined)
    throw new UsageError(`${command.name} needs ${missing.name}; for example: ${command.example}`);
  if (positionals.length > operands.length)
    throw new UsageError(
      `"${positionals[operands.length]}" is one argument too many; "interpose help ${command.name}" shows the form`,
    );
}

function checkOption(command: Command, option: Option, times: number): void {
  if (option.required === true && times === 0)
    throw new UsageError(
      `${command.name} needs --${option.name} ${option.value ?? ''}; for example: ${command.example}`,
    );
}
