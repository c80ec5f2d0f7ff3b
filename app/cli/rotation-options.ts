/** `--rotate`, `--keep-files`, `--keep-size`: when recording goes on in a next file, and which old ones stay. */
import { readLimit, type RotationOptions } from '../../core/engine/files/rotation.ts';
import { type Invocation, UsageError } from './command.ts';

export function readRotation(invocation: Invocation): RotationOptions | undefined {
  const limits = invocation.texts('rotate');
  const keepFiles = invocation.number('keep-files');
  const keepSize = invocation.text('keep-size');
  if (limits.length === 0) {
    if (keepFiles !== undefined || keepSize !== undefined)
      throw new UsageError('--keep-files and --keep-size go with --rotate, such as --rotate 500MB');
    return undefined;
  }
  let options: RotationOptions = {};
  for (const text of limits) {
    const limit = readLimit(text);
    if (limit === undefined)
      throw new UsageError(`--rotate takes a size or an age, such as 500MB or 1h, not "${text}"`);
    options = { ...options, ...limit };
  }
  if (keepFiles !== undefined && (!Number.isInteger(keepFiles) || keepFiles < 1))
    throw new UsageError('--keep-files takes a number from 1');
  const keepBytes = keepSize === undefined ? undefined : readLimit(keepSize)?.maxBytes;
  if (keepSize !== undefined && keepBytes === undefined)
    throw new UsageError(`--keep-size takes a size, such as 10GB, not "${keepSize}"`);
  return {
    ...options,
    ...(keepFiles === undefined ? {} : { keepFiles }),
    ...(keepBytes === undefined ? {} : { keepBytes }),
  };
}
