const { Readable } = require('node:stream');

module.exports =
  (Koa, Router, { costAware, withBudget }) =>
  async ({ options: { mountTwice, ...options }, routes, heard, listen }) => {
    const app = new Koa();
    app.on('error', heard);
    const cost = costAware({ labels: (ctx) => ({ tenant: ctx.get('x-tenant') }), ...options });
    app.use(cost);
    if (mountTwice) app.use(costAware({ labels: () => ({ again: 'yes' }) }));
    const router = new Router();
    for (const { method = 'GET', path, budgets = [], raw, streams, handle } of routes) {
      router[method.toLowerCase()](path, ...budgets.map((budget) => withBudget(budget)), async (ctx) => {
        if (raw) ctx.respond = false;
        const { costs, query, req: request, res: response } = ctx;
        const given = { costs, query, request, response };
        const body = streams ? Readable.from(handle(given)) : await handle(given);
        if (!raw) ctx.body = body;
      });
    }
    app.use(router.routes());
    return { meter: cost.meter, ...(await listen(app.callback())) };
  };
