import { Budget, CostLabels, type CostScope, Costs, type Remaining } from '@eden-cost/nestjs';
import { Body, Controller, Get, type MessageEvent, Post, Query, Sse, UseGuards } from '@nestjs/common';
import { concat, defer, filter, map, type Observable, of } from 'rxjs';
import { AskService } from './ask.service.js';
import { AuthGuard } from './auth.guard.js';

@Controller()
@UseGuards(AuthGuard)
@CostLabels({ feature: 'ask' })
export class AskController {
  constructor(private readonly asks: AskService) {}

  /** One call for each question: together they are held to the budget of one request. */
  @Post('ask')
  async ask(@Body('questions') questions: string[], @Costs() costs: CostScope) {
    const texts = [];
    for (const question of questions) texts.push(await this.asks.ask(question));
    return { texts, costUsd: costs.totalUsd };
  }

  /** `@Budget()`: a 402 before the stream opens; once it has, an error could only be one of its events. */
  @Sse('stream')
  @Budget()
  stream(@Query('question') question: string, @Costs() costs: CostScope): Observable<MessageEvent> {
    const parts = this.asks.stream(question).pipe(
      filter((text) => text !== ''),
      map((text): MessageEvent => ({ data: { text } })),
    );
    const cost = defer(() => of<MessageEvent>({ type: 'cost', data: { costUsd: costs.totalUsd } }));
    return concat(parts, cost);
  }

  /** A budget that is for this route alone. */
  @Post('summary')
  @Budget('summaries')
  @CostLabels({ feature: 'summary' })
  async summary(@Body('text') text: string, @Costs() costs: CostScope) {
    return { text: await this.asks.ask(`In one sentence: ${text}`), costUsd: costs.totalUsd };
  }

  @Get('budget')
  budget(@Costs() costs: CostScope): Promise<Remaining[]> {
    return costs.remaining('tenant-daily');
  }
}
