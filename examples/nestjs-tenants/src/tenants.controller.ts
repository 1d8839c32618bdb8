import { Budget, type CostScope, Costs, type Remaining, SkipBudgets } from '@eden-cost/nestjs';
import { Body, Controller, Get, Inject, Param, Post, Put, UseGuards } from '@nestjs/common';
import OpenAI from 'openai';
import { AuthGuard } from './auth.guard.js';
import { type Plan, PlansService } from './plans.service.js';

@Controller()
@UseGuards(AuthGuard)
export class TenantsController {
  constructor(
    @Inject(OpenAI) private readonly openai: OpenAI,
    private readonly plans: PlansService,
  ) {}

  @Post('ask')
  async ask(@Body('question') question: string) {
    return { text: await this.#answer(question, 60) };
  }

  /** Long answers have a small budget each, whatever the plan. */
  @Post('report')
  @Budget({ name: 'one-report', limitUsd: 0.5, window: 'request' })
  async report(@Body('topics') topics: string[], @Costs() costs: CostScope) {
    const sections = [];
    for (const topic of topics) sections.push(await this.#answer(topic, 600));
    return { sections, costUsd: costs.totalUsd };
  }

  /** Help is for every plan, also when it is used up; it counts all the same. */
  @Post('help')
  @SkipBudgets('plan')
  async help(@Body('question') question: string) {
    return { text: await this.#answer(question, 60) };
  }

  @Get('usage')
  usage(@Costs() costs: CostScope): Promise<Remaining[]> {
    return costs.remaining('plan');
  }

  @Put('plan/:plan')
  async upgrade(@Param('plan') plan: Plan, @Costs() costs: CostScope): Promise<Remaining[]> {
    await this.plans.upgrade(costs.labels.tenant ?? '', plan);
    costs.refresh(); // limits are remembered for a minute
    return costs.remaining('plan');
  }

  async #answer(question: string, maxTokens: number): Promise<string | null | undefined> {
    const answer = await this.openai.chat.completions.create({
      model: 'openai/gpt-4o-mini',
      messages: [{ role: 'user', content: question }],
      max_tokens: maxTokens,
    });
    return answer.choices[0]?.message.content;
  }
}
