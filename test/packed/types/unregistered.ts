import { type BudgetName, createMeter } from '@eden-cost/core';
import { withBudget } from '@eden-cost/express';
import { withBudget as withKoaBudget } from '@eden-cost/koa';
import { Budget, SkipBudgets } from '@eden-cost/nestjs';
import { type EdenStandIn, manualClock, startEdenStandIn, testMeter } from '@eden-cost/testing';

/** Without a Register, every string is the name of a budget. */
declare const name: string;
export const same: BudgetName = name;
export const used = [withBudget(name), withKoaBudget(name), Budget(name), SkipBudgets(name, 'tenant-daily')];
// @ts-expect-error and nothing else
withBudget(5);

const meter = createMeter({ clock: manualClock() });
export const left = meter.current()?.remaining(name);
export const checked = meter.current()?.check({ budget: name });

export const started: Promise<EdenStandIn> = startEdenStandIn({ keys: ['key'] });
// @ts-expect-error a misspelt option
startEdenStandIn({ key: 'key' });
export const tested = testMeter();
