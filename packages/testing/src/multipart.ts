const HEADERS_END = Buffer.from('\r\n\r\n');

function parameter(header: string, name: string): string | undefined {
  const match = new RegExp(`[;\\s]${name}=(?:"([^"]*)"|([^;\\s]+))`, 'i').exec(header);
  return match?.[1] ?? match?.[2];
}

function* sections(bytes: Buffer, delimiter: Buffer): Generator<Buffer> {
  let start = bytes.indexOf(delimiter);
  while (start >= 0) {
    const end = bytes.indexOf(delimiter, start + delimiter.length);
    if (end < 0) return;
    yield bytes.subarray(start + delimiter.length + 2, end - 2);
    start = end;
  }
}

/** The fields of a multipart form. A file is `{ filename, type, size }`; a name that occurs twice is an array. */
export function parseMultipart(bytes: Buffer, contentType: string): Record<string, unknown> {
  const fields: Record<string, unknown> = {};
  const boundary = parameter(contentType, 'boundary');
  if (boundary === undefined) return fields;
  for (const section of sections(bytes, Buffer.from(`--${boundary}`))) {
    const headersEnd = section.indexOf(HEADERS_END);
    const headers = section.subarray(0, headersEnd).toString();
    const content = section.subarray(headersEnd + HEADERS_END.length);
    const name = parameter(headers, 'name');
    if (name === undefined) continue;
    const filename = parameter(headers, 'filename');
    const type = /^content-type:\s*(\S+)/im.exec(headers)?.[1];
    const value = filename === undefined ? content.toString() : { filename, type, size: content.length };
    fields[name] = name in fields ? [fields[name], value].flat() : value;
  }
  return fields;
}
