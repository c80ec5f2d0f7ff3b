import type { Host, PickedFile } from './host.ts';

export function createBrowserHost(): Host {
  return {
    kind: 'browser',
    isMac: /mac/i.test(navigator.platform),
    pickFile: (accept) =>
      new Promise<PickedFile | null>((resolve) => {
        const input = document.createElement('input');
        input.type = 'file';
        input.accept = accept;
        input.addEventListener('change', () => {
          const file = input.files?.[0];
          resolve(file === undefined ? null : { name: file.name, file });
        });
        input.addEventListener('cancel', () => resolve(null));
        input.click();
      }),
    fromDrop: (file) => ({ name: file.name, file }),
    download: clickLink,
    save(content, name) {
      const url = URL.createObjectURL(content);
      clickLink(url, name);
      setTimeout(() => URL.revokeObjectURL(url), 60_000);
    },
    copy,
    notify(title, text) {
      if (document.hasFocus() || !('Notification' in window)) return;
      if (Notification.permission !== 'granted') return;
      const note = new Notification(title, { body: text });
      note.addEventListener('click', () => window.focus());
    },
    openLink: (url) => void window.open(url, '_blank', 'noopener,noreferrer'),
    openWindow: () => void window.open(location.pathname, '_blank'),
    blankWindow() {
      const opened = window.open('', '_blank');
      return {
        go: (url) => void (opened === null ? window.open(url, '_blank') : opened.location.replace(url)),
        close: () => opened?.close(),
      };
    },
    showMenu: () => undefined,
    onCommand: () => undefined,
    onOpenFile: () => undefined,
    onNotice: () => undefined,
  };
}

function clickLink(url: string, name: string): void {
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
}

async function copy(text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without clipboard permission the old way still works from a key or a click.
    const area = document.createElement('textarea');
    area.value = text;
    area.className = 'sr';
    document.body.append(area);
    area.select();
    const done = document.execCommand('copy');
    area.remove();
    if (!done) throw new Error('The browser did not allow copying.');
  }
}
