const { pipeline } = require('node:stream/promises');

/** Promises of handlers go to `next`, as Express 4 needs it. */
module.exports =
  (express, { costAware, withBudget, costErrors }) =>
  async ({ options: { mountTwice, problemJson, ...options }, routes, heard, listen }) => {
    const app = express();
    const cost = costAware({ labels: (req) => ({ tenant: req.headers['x-tenant'] }), ...options });
    app.use(cost);
    if (mountTwice) app.use(costAware({ labels: () => ({ again: 'yes' }) }));
    for (const { method = 'GET', path, budgets = [], raw, streams, handle } of routes) {
      app[method.toLowerCase()](path, ...budgets.map((budget) => withBudget(budget)), (req, res, next) => {
        const { costs, query } = req;
        const given = { costs, query, request: req, response: res };
        if (streams) pipeline(handle(given), res).catch(next);
        else handle(given).then((body) => raw || res.json(body), next);
      });
    }
    app.use((error, _req, _res, next) => {
      heard(error);
      next(error);
    });
    if (problemJson) app.use(costErrors());
    return { meter: cost.meter, ...(await listen(app)) };
  };
