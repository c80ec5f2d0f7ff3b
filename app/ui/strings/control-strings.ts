import { grouped } from '../format/number.ts';

export const holdStrings = {
  thenCarryOn: 'then carry on',
  holding: (filter: string) => `Holding ${filter}`,
  notSendable: 'The message cannot be sent as it stands; see the remark above the bytes.',
  ruleNote: (isOn: boolean, hits: number) => `rule, ${isOn ? 'on' : 'off'} · ${grouped(hits)} hits`,
};
export const composeStrings = {
  noConnection: 'Choose an open connection to send into.',
  sent: (n: number) => (n === 1 ? 'Sent.' : `Sent ${grouped(n)} times.`),
};
export const faultStrings = {};
