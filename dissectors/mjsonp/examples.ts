/** The seed document's lines as printed, then lines of the original server, the fork and clients that the seed lacks. */
import type { Example } from '../../core/protocol/protocol.ts';
import { golden } from '../json/golden.ts';

const HIDDEN13 = JSON.stringify(Array.from({ length: 13 }, () => '?'));
const ORDER = { lossy: 'keys come out in the order of the original server' };

export const examples: readonly Example[] = [
  // The seed, top to bottom.
  golden('toClient', 'hello', '{"type":"hello","protocol":"mjsonp","protocol_version":1}'),
  golden('toServer', 'join', '{"type":"join","name":"A","room":"default"}'),
  golden('toClient', 'start_game', '{"type":"start_game","gametype":"tonpu","id":1,"names":["D","A","C","B"]}'),
  golden('toServer', 'none', '{"type":"none"}'),
  golden(
    'toClient',
    'start_kyoku',
    `{"type":"start_kyoku","bakaze":"E","kyoku":1,"honba":0,"kyotaku":0,"oya":0,"dora_marker":"5mr","tehais":[${HIDDEN13},["2m","3p","8p","1s","4s","5s","6s","8s","9s","W","N","P","F"],${HIDDEN13},${HIDDEN13}]}`,
  ),
  golden('toClient', 'tsumo', '{"type":"tsumo","actor":1,"pai":"E","possible_actions":[]}', { name: 'own draw' }),
  golden('toServer', 'dahai', '{"type":"dahai","actor":1,"pai":"W","tsumogiri":false}'),
  golden('toClient', 'dahai', '{"type":"dahai","actor":1,"pai":"W","tsumogiri":false}', { name: 'own discard' }),
  golden('toClient', 'tsumo', '{"type":"tsumo","actor":0,"pai":"?"}', { name: 'draw of another' }),
  golden('toClient', 'dahai', '{"type":"dahai","actor":0,"pai":"N","tsumogiri":false,"possible_actions":[]}', {
    name: 'discard of another',
  }),
  golden('toClient', 'tsumo', '{"type":"tsumo","actor":1,"pai":"6m","possible_actions":[{"type":"reach","actor":1}]}', {
    name: 'own draw that may reach',
  }),
  golden('toServer', 'reach', '{"actor":1,"type":"reach"}', ORDER),
  golden(
    'toClient',
    'reach',
    '{"type":"reach","actor":1,"cannot_dahai":["1m","2m","3m","5mr","7m","6p","7p","8p","9p","4s","6m"]}',
    { name: 'own reach' },
  ),
  golden('toServer', 'dahai', '{"actor":1,"pai":"6s","tsumogiri":false,"type":"dahai"}', {
    ...ORDER,
    name: 'actor first',
  }),
  golden(
    'toClient',
    'reach_accepted',
    '{"type":"reach_accepted","actor":1,"deltas":[0,-1000,0,0],"scores":[25000,29800,34700,9500]}',
  ),
  golden('toClient', 'reach', '{"type":"reach","actor":3}', { name: 'reach of another' }),
  golden(
    'toClient',
    'dahai',
    '{"type":"dahai","actor":3,"pai":"1s","tsumogiri":false,"possible_actions":[{"type":"pon","actor":1,"target":3,"pai":"1s","consumed":["1s","1s"]}]}',
    { name: 'discard that may be called' },
  ),
  golden('toServer', 'pon', '{"type":"pon","actor":1,"consumed":["1s","1s"],"pai":"1s","target":3}', ORDER),
  golden('toClient', 'pon', '{"type":"pon","actor":1,"target":3,"pai":"1s","consumed":["1s","1s"],"cannot_dahai":[]}', {
    name: 'own pon',
  }),
  golden('toClient', 'pon', '{"type":"pon","actor":2,"target":3,"pai":"8m","consumed":["8m","8m"]}', {
    name: 'pon of another',
  }),
  golden('toClient', 'chi', '{"type":"chi","actor":0,"target":3,"pai":"4s","consumed":["5sr","6s"]}'),
  golden('toClient', 'ankan', '{"type":"ankan","actor":2,"consumed":["3m","3m","3m","3m"]}'),
  golden('toClient', 'kakan', '{"type":"kakan","actor":3,"pai":"8m","consumed":["8m","8m","8m"]}'),
  golden('toClient', 'daiminkan', '{"type":"daiminkai","actor":1,"target":3,"pai":"4s","consumed":["4s","4s","4s"]}', {
    name: 'misprint daiminkai',
  }),
  golden('toClient', 'dora', '{"type":"dora","dora_marker":"6p"}'),
  golden(
    'toClient',
    'tsumo',
    '{"type":"tsumo","actor":1,"pai":"8p","possible_actions":[{"type":"hora","actor":1,"target":1,"pai":"8p"}]}',
    { name: 'own draw that wins' },
  ),
  golden('toServer', 'hora', '{"type":"hora","actor":1,"pai":"8p","target":1}', ORDER),
  golden(
    'toClient',
    'hora',
    '{"type":"hora","actor":1,"target":1,"pai":"8p","uradora_markers":["3p"],"hora_tehais":["1m","2m","3m","5mr","6m","7m","6p","7p","7p","8p","9p","4s","4s"],"yakus":[["akadora",1],["reach",1],["menzenchin_tsumoho",1],["pinfu",1]],"fu":20,"fan":4,"hora_points":5200,"deltas":[-1300,6200,-2600,-1300],"scores":[23700,36000,32100,8200]}',
    { name: 'own draw won (fork)' },
  ),
  golden('toClient', 'end_kyoku', '{"type":"end_kyoku"}'),
  golden(
    'toClient',
    'hora',
    '{"type":"hora","actor":2,"target":3,"pai":"9m","uradora_markers":["6m"],"hora_tehais":["5m","5mr","7m","8m","1p","1p","1p","3p","4p","5pr","8s","8s","8s"],"yakus":[["uradora",1],["akadora",2],["reach",1]],"fu":50,"fan":4,"hora_points":8000,"deltas":[0,0,10300,-8300],"scores":[25000,30800,34700,9500]}',
    { name: 'discard won' },
  ),
  golden(
    'toClient',
    'ryukyoku',
    `{"type":"ryukyoku","reason":"fanpai","tehais":[${HIDDEN13},${HIDDEN13},${HIDDEN13},${HIDDEN13}],"tenpais":[false,false,false,false],"deltas":[0,0,0,0],"scores":[25000,25000,25000,25000]}`,
  ),
  golden('toClient', 'end_game', '{"type":"end_game","scores":[25000,25000,25000,25000]}'),
  // What the seed calls "likewise" or leaves out.
  golden('toClient', 'hello', '{"type":"hello","protocol":"mjsonp","protocol_version":3}', { name: 'original hello' }),
  golden('toClient', 'start_game', '{"type":"start_game","id":0,"names":["furo3","shanten2","shanten1","四番"]}', {
    name: 'original start_game',
  }),
  golden('toServer', 'join', '{"type":"join","name":"\\u5317","room":null}', {
    name: 'join of a fork client',
    lossy: 'escaped characters come out as themselves',
  }),
  golden('toServer', 'none', '{"type":"none","actor":2,"log":"2向聴"}', { name: 'none with log' }),
  golden('toServer', 'chi', '{"type":"chi","actor":0,"target":3,"pai":"4s","consumed":["5sr","6s"]}'),
  golden('toServer', 'daiminkan', '{"type":"daiminkan","actor":1,"target":3,"pai":"4s","consumed":["4s","4s","4s"]}'),
  golden('toServer', 'ankan', '{"type":"ankan","actor":2,"consumed":["3m","3m","3m","3m"]}'),
  golden('toServer', 'kakan', '{"type":"kakan","actor":3,"pai":"8m","consumed":["8m","8m","8m"]}'),
  golden('toServer', 'ryukyoku', '{"type":"ryukyoku","actor":1,"reason":"kyushukyuhai"}', ORDER),
  golden('toServer', 'error', '{"type":"error","actor":1,"message":"no idea"}'),
  golden('toClient', 'daiminkan', '{"type":"daiminkan","actor":1,"target":3,"pai":"4s","consumed":["4s","4s","4s"]}'),
  golden(
    'toClient',
    'chi',
    '{"type":"chi","actor":1,"target":0,"pai":"4s","consumed":["5s","6s"],"cannot_dahai":["4s","7s"]}',
    { name: 'own chi' },
  ),
  golden(
    'toClient',
    'kakan',
    '{"type":"kakan","actor":3,"pai":"5mr","consumed":["5m","5m","5m"],"possible_actions":[{"type":"hora","actor":1,"target":3,"pai":"5mr"}]}',
    { name: 'kan that may be robbed' },
  ),
  golden(
    'toClient',
    'ryukyoku',
    `{"type":"ryukyoku","reason":"kyushukyuhai","actor":0,"tehais":[["1m","9m","1p","9p","1s","9s","E","S","W","N","P","F","2m","3m"],${HIDDEN13},${HIDDEN13},${HIDDEN13}],"tenpais":[false,false,false,false],"deltas":[0,0,0,0],"scores":[25000,25000,25000,25000]}`,
    { name: 'nine terminals' },
  ),
  golden(
    'toClient',
    'error',
    '{"type":"error","message":"Error in player 1\'s response: Invalid actor. Response: {\\"type\\":\\"dahai\\"}"}',
  ),
  golden('toClient', 'kita', '{"type":"kita","actor":2,"pai":"N"}', { name: 'three players: kita' }),
  golden('toServer', 'kita', '{"type":"kita","actor":2}', { name: 'three players: kita answered' }),
  golden('toClient', 'nukidora', '{"type":"nukidora","actor":2,"pai":"N"}', { name: 'three players: nukidora' }),
  golden('toServer', 'nukidora', '{"type":"nukidora","actor":2,"pai":"N"}', {
    name: 'three players: nukidora answered',
  }),
  golden('toServer', null, 'not json', { name: 'text that is no JSON' }),
];
