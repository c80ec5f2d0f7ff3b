#!/usr/bin/env node
/**
 * The `interpose` command. Exit codes: 0 good, 1 the check failed (difference, finding, broken contract), 2 wrong use or
 * unreadable input. Errors are one line on stderr that says what to do next. Commands load on demand, so `help` is quick.
 */
import { enableCompileCache } from 'node:module';
import { COMMANDS } from './commands.ts';
import { runCommand } from './run-command.ts';

enableCompileCache();
// A closed pipe (`| head`) ends us quietly, as every Unix tool does.
process.stdout.on('error', (error: NodeJS.ErrnoException) => process.exit(error.code === 'EPIPE' ? 0 : 2));
process.exitCode = await runCommand(COMMANDS, process.argv.slice(2));
