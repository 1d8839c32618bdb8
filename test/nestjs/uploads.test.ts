import { Budget, type CostScope, Costs } from '@eden-cost/nestjs';
import { Body, Controller, Post, UploadedFile, UseInterceptors } from '@nestjs/common';
import { FileInterceptor } from '@nestjs/platform-express';
import { CHAT, postInit, readAnswer } from '../support/calls.js';
import { useNest } from './kit.js';

const kit = useNest();
const chat = async (costUsd: number) =>
  readAnswer(await fetch(`${kit.eden.baseUrl}/chat/completions`, postInit(CHAT, { reply: { costUsd } })));

@Controller()
@UseInterceptors(FileInterceptor('file'))
class Uploads {
  @Post('upload')
  async upload(@UploadedFile() file: { size: number }, @Body() body: { costUsd: string }, @Costs() costs: CostScope) {
    await chat(Number(body.costUsd));
    return [file.size, costs.totalUsd];
  }

  @Post('checked')
  @Budget()
  checked() {
    return 'not to be reached';
  }
}

function upload(costUsd: number): RequestInit {
  const body = new FormData();
  body.append('costUsd', String(costUsd));
  body.append('file', new Blob(['x'.repeat(300_000)]), 'file.txt');
  return { method: 'POST', body };
}

test('uploads that FileInterceptor reads have their own cost each, and one line', async () => {
  const { url } = await kit.serve({ controllers: [Uploads] });
  const costs = [0.125, 0.25, 0.375, 0.5, 0.625];
  const answers = costs.map(async (costUsd) => (await fetch(`${url}/upload`, upload(costUsd))).json());
  expect(await Promise.all(answers)).toEqual(costs.map((costUsd) => [300_000, costUsd]));
  expect(kit.costLines().map(({ req, edenai }) => [req.route, edenai.costNanos])).toEqual(
    expect.arrayContaining(costs.map((costUsd) => ['/upload', costUsd * 1e9])),
  );
});

test('a denial after the upload, and one that @Budget() makes before it, is a clean 402', async () => {
  const { url } = await kit.serve({
    controllers: [Uploads],
    cost: { budgets: [{ name: 'none', limitUsd: 0, window: 'day' }] },
  });
  for (const path of ['upload', 'checked']) {
    const response = await fetch(`${url}/${path}`, upload(0.5));
    expect([response.status, await response.json()]).toEqual([
      402,
      expect.objectContaining({ code: 'ERR_COST_BUDGET_EXCEEDED' }),
    ]);
  }
  expect(kit.eden.requests()).toEqual([]);
});
