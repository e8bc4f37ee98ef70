#include "ledger.h"

#include <algorithm>
#include <chrono>
#include <functional>
#include <map>
#include <utility>
#include <vector>

namespace gatehouse::app {
namespace {

constexpr std::uint32_t who_settles_what_was_left = 0xffff;
constexpr std::size_t page_of_budgets = 500;

std::string writer_name(std::uint32_t number) {
  return number == who_settles_what_was_left ? std::string("start") : "reactor-" + std::to_string(number);
}

using Marks = std::map<std::string, std::int64_t>;
Task<Result<Marks>> marks_of(Reactor& reactor, store::LedgerStore& store) {
  const Result<std::vector<std::pair<std::string, std::int64_t>>> settled = co_await store.settled(reactor);
  if (!settled) co_return settled.error();
  co_return Marks(settled->begin(), settled->end());
}

std::int64_t mark_of(const Marks& marks, std::uint32_t writer) {
  const auto found = marks.find(writer_name(writer));
  return found == marks.end() ? 0 : found->second;
}

store::LedgerBatch batch_of(const gateway::LedgerBook::Taken& taken, std::uint32_t writer, std::int64_t number) {
  store::LedgerBatch batch(writer_name(writer), number);
  batch.usage = taken.usage;
  batch.spent = taken.spent;
  batch.charged = taken.charged;
  return batch;
}

}  // namespace

Task<Result<std::size_t>> settle_what_was_left(Reactor& reactor, store::LedgerStore& store, limits::Inflight& journal) {
  std::vector<limits::LeftCall> left = journal.left();
  const Result<Marks> marks = co_await marks_of(reactor, store);
  if (!marks) co_return marks.error();
  std::erase_if(left, [&](const limits::LeftCall& call) { return call.batch > 0 && call.batch <= mark_of(*marks, call.writer); });
  std::size_t calls = 0;
  for (const limits::LeftCall& call : left) calls += call.use.calls;
  if (!left.empty()) {
    const std::int64_t number = mark_of(*marks, who_settles_what_was_left) + 1;
    journal.stamp(left, who_settles_what_was_left, number);
    const Status synced = journal.sync();
    if (!synced) co_return synced.error();
    gateway::LedgerBook book;
    for (const limits::LeftCall& call : left) book.add(call.facts, call.use);
    store::LedgerBatch batch = batch_of(book.take(), who_settles_what_was_left, number);
    const Status settled = co_await store.settle(reactor, std::move(batch));
    if (!settled) co_return settled.error();
  }
  journal.clear();
  const Status cleared = journal.sync();  // before what is written from now on
  if (!cleared) co_return cleared.error();
  co_return calls;
}

Task<Result<gateway::SpentBefore>> spent_before(Reactor& reactor, store::Store& store, WallTime now) {
  gateway::SpentBefore before;
  const std::chrono::sys_days today = std::chrono::floor<std::chrono::days>(now);
  store::UsageQuery query(store::Reach::everything(), store::Day(today - std::chrono::days(1)), store::Day(today + std::chrono::days(1)));
  Result<std::vector<store::UsageRow>> usage = co_await store.usage().rows(reactor, std::move(query));
  if (!usage) co_return usage.error();
  before.usage = std::move(*usage);
  Result<std::vector<store::BudgetSpend>> spent = co_await store.budgets().spent(reactor);
  if (!spent) co_return spent.error();
  before.spent = std::move(*spent);
  for (bool more = true; more;) {
    store::BudgetQuery next(store::Reach::everything());
    if (!before.budgets.empty()) next.after = before.budgets.back().id;
    next.limit = page_of_budgets;
    Result<store::Page<store::Budget>> page = co_await store.budgets().list(reactor, std::move(next));
    if (!page) co_return page.error();
    for (store::Budget& budget : page->data) before.budgets.push_back(std::move(budget));
    more = page->has_more;
  }
  co_return before;
}

LedgerWriter::LedgerWriter(const LedgerParts& parts, std::int64_t last)
    : store_(parts.store),
      book_(parts.book),
      journal_(parts.journal),
      part_(parts.journal.part(parts.number)),
      syncs_(parts.syncs),
      number_(parts.number),
      last_(last) {}

Task<Result<std::int64_t>> LedgerWriter::last_of(Reactor& reactor, store::LedgerStore& store, std::uint32_t number) {
  const Result<Marks> marks = co_await marks_of(reactor, store);
  if (!marks) co_return marks.error();
  co_return mark_of(*marks, number);
}

// What could not be written may have been written all the same: it is the same batch again.
Task<Status> LedgerWriter::write(Reactor& reactor) {
  if (taken_) {
    const Status before = co_await write_batch(reactor);
    if (!before) co_return before;
  }
  gateway::LedgerBook::Taken taken = book_.take();
  if (taken.empty()) co_return ok();
  ++last_;
  slots_ = part_.take_over();
  part_.stamp(slots_, number_, last_);
  taken_ = std::move(taken);
  co_return co_await write_batch(reactor);
}

Task<Status> LedgerWriter::sync(Reactor& reactor) {
  std::function<Status(Worker&)> work = [this](Worker&) { return journal_.sync(); };
  auto syncing = syncs_.run<Status>(reactor, std::move(work));
  std::optional<Status> synced = co_await std::move(syncing);
  if (!synced) co_return operator_error("inflight_unusable", "too much waits for the disk");
  co_return std::move(*synced);
}

Task<Status> LedgerWriter::write_batch(Reactor& reactor) {
  const Status synced = co_await sync(reactor);
  if (!synced) co_return synced;
  store::LedgerBatch batch = batch_of(*taken_, number_, last_);
  const Status settled = co_await store_.settle(reactor, std::move(batch));
  if (!settled) co_return settled;
  part_.release(slots_);
  taken_.reset();
  co_return ok();
}

}  // namespace gatehouse::app
