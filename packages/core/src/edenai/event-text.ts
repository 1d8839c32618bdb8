/** What the lines of one server-sent event say. Text is latin1: one character per byte. */
export interface EventText {
  readonly name: string;
  readonly data: string;
  /** Nothing but `data` and comments: leaving the event out changes neither the last event id nor the retry time. */
  readonly plain: boolean;
}

/** The first and the last bytes of an event that was too long to be kept. */
export interface EventEnds {
  readonly name: string;
  readonly head: string;
  readonly tail: string;
}

/** A BOM may open the stream (WHATWG HTML, "Parsing an event stream"). */
const BOM = /^\xef\xbb\xbf/;

/** Reads the fields of one event as WHATWG HTML's "Interpreting an event stream" has them. */
export function readEventText(event: string): EventText {
  const data: string[] = [];
  let name = '';
  let plain = true;
  for (const line of event.replace(BOM, '').split(/\r\n|\n|\r/)) {
    if (line === '' || line.startsWith(':')) continue;
    const [, field, value = ''] = /^([^:]*)(?:: ?(.*))?$/s.exec(line) ?? [];
    if (field === 'data') data.push(value);
    else plain = false;
    if (field === 'event') name = value;
  }
  return { name, data: data.join('\n'), plain };
}

/** The same for an event whose middle is not known: its last bytes begin inside a line, and only one of data is as long. */
export function readEventEnds(head: string, tail: string): EventEnds {
  const first = readEventText(head);
  const last = readEventText(`data:${tail}`);
  return { name: last.name || first.name, head: first.data, tail: last.data };
}
