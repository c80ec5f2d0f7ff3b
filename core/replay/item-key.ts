/** Item of a frame: frame number and index of the message within it. */
export type ItemKey = `${number}/${number}`;
export const itemKey = (n: number, index: number): ItemKey => `${n}/${index}`;
