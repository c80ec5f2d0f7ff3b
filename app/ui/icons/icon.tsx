import type { IconName } from './icon-set.ts';

/** Decorative by itself: the control around it carries the words. */
export function Icon({
  name,
  small = false,
  className = '',
}: {
  readonly name: IconName;
  readonly small?: boolean;
  readonly className?: string;
}) {
  return (
    <svg className={`i${small ? ' s' : ''}${className ? ` ${className}` : ''}`} aria-hidden="true">
      <use href={`#i-${name}`} />
    </svg>
  );
}
