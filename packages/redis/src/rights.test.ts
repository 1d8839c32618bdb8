import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = join(__dirname, 'lua');
const read = (name: string) => readFileSync(join(FOLDER, name), 'utf8');

/** What a server may keep to itself: no answer is none. */
const OPTIONAL = ['INFO'];

test('the start tries every command that any script gives', () => {
  const given = readdirSync(FOLDER).flatMap((name) =>
    [...read(name).matchAll(/\bp?call\('([A-Z]+)'/g)].map(([, command]) => command as string),
  );
  const tried = [...read('rights.ts').matchAll(/\{ '([A-Z]+)'/g)].map(([, command]) => command as string);
  expect([...new Set(given)].filter((command) => !OPTIONAL.includes(command) && !tried.includes(command))).toEqual([]);
});
