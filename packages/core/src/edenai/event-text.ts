/** What the lines of one server-sent event say. Text is latin1: one character per byte. */
export interface EventText {
  readonly name: string;
  readonly data: string;
  /** Nothing but `data` and comments: leaving the event out changes neither the last event id nor the retry time. */
  readonly plain: boolean;
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
