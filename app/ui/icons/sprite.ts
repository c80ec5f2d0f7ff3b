import { ICONS, type IconName } from './icon-set.ts';

const SVG = 'http://www.w3.org/2000/svg';

/** Puts the symbols into the document once; `<use href="#i-name">` finds them. */
export function mountSprite(doc: Document): void {
  const parsed = new DOMParser().parseFromString(
    `<svg xmlns="${SVG}" aria-hidden="true" class="sprite">${Object.entries(ICONS)
      .map(([name, body]) => `<symbol id="i-${name}" viewBox="0 0 16 16">${body}</symbol>`)
      .join('')}</svg>`,
    'image/svg+xml',
  );
  doc.body.prepend(doc.importNode(parsed.documentElement, true));
}

/** An icon as a plain element, for rows drawn without React. */
export function iconElement(name: IconName, small = true): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('class', small ? 'i s' : 'i');
  svg.setAttribute('aria-hidden', 'true');
  const use = document.createElementNS(SVG, 'use');
  use.setAttribute('href', `#i-${name}`);
  svg.append(use);
  return svg;
}
