/** All rules as YAML: read by the engine while one types, errors with their line. */
import { useEffect, useRef, useState } from 'react';
import type { Rule } from '../../../core/traffic/control.ts';
import type { TextProblem } from '../../../core/contract/verbs.ts';
import { useApp } from '../app.ts';
import { t } from '../strings/strings.ts';
import { TextEditor } from '../widgets/text-editor.tsx';

export function RuleYaml({ onDone }: { readonly onDone: () => void }) {
  const app = useApp();
  const [text, setText] = useState<string | null>(null);
  const [problems, setProblems] = useState<readonly TextProblem[]>([]);
  const [rules, setRules] = useState<readonly Rule[] | null>(null);
  const turn = useRef(0);
  useEffect(() => {
    app.client
      .request('rules.print', { rules: app.mirror.rules.get() })
      .then(({ yaml }) => setText(yaml), app.notices.problem);
  }, [app]);
  useEffect(() => {
    if (text === null) return undefined;
    const mine = ++turn.current;
    const timer = setTimeout(() => {
      app.client.request('rules.parse', { yaml: text }).then((parsed) => {
        if (mine !== turn.current) return;
        setProblems(parsed.problems);
        setRules(parsed.problems.length === 0 ? parsed.rules : null);
      }, app.notices.problem);
    }, 200);
    return () => clearTimeout(timer);
  }, [app, text]);
  return (
    <>
      <div className="yaml-pane">
        {text !== null && <TextEditor label="YAML" value={text} problems={problems} onChange={setText} />}
      </div>
      {problems.slice(0, 3).map((problem) => (
        <div className="remark bad in-editor" key={`${problem.line}:${problem.column}`}>
          <span>{`${t.dialogs.line(problem.line)}: ${problem.message}`}</span>
        </div>
      ))}
      <div className="actbar">
        <button
          className="btn main"
          disabled={rules === null}
          onClick={() => rules !== null && void app.holds.setRules(rules).then(onDone, app.notices.problem)}
        >
          {t.dialogs.save}
        </button>
        <button className="btn" onClick={onDone}>
          {t.dialogs.cancel}
        </button>
      </div>
    </>
  );
}
