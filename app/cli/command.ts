/** A command of `interpose` as data: `help`, argument checks and completion are views of it. */

export interface Command {
  readonly name: string;
  /** One line for the list. */
  readonly summary: string;
  /** `FILE [OTHER]`: shown after the name. A trailing `?` name is optional, `…` repeats. */
  readonly operands?: readonly Operand[];
  readonly options: readonly Option[];
  /** A line that works as it stands. */
  readonly example: string;
  /** More lines for `help <command>`. */
  readonly details?: string;
  /** Loads the implementation when it is called. Resolves to the exit code. */
  load(): Promise<(invocation: Invocation) => Promise<number>>;
}

export interface Operand {
  readonly name: string;
  readonly optional?: boolean;
}

export interface Option {
  /** Long name without dashes. */
  readonly name: string;
  readonly short?: string;
  /** Placeholder of its value; absent: a switch. */
  readonly value?: string;
  readonly repeat?: boolean;
  readonly doc: string;
  readonly required?: boolean;
}

export interface Invocation {
  readonly operands: readonly string[];
  /** Option and value in the order given; order matters where options repeat in groups (`proxy`). */
  readonly given: readonly { readonly name: string; readonly value: string }[];
  text(name: string): string | undefined;
  texts(name: string): readonly string[];
  flag(name: string): boolean;
  /** A number, or a UsageError that names the option. */
  number(name: string): number | undefined;
}

/** Wrong use: exit code 2 and one line. */
export class UsageError extends Error {}
