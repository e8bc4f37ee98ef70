#include "ledger.h"

#include <algorithm>
#include <chrono>
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
Task<Result<Marks>> marks_of(Reactor& reactor, store::Store& store) {
  const Result<std::vector<std::pair<std::string, std::int64_t>>> settled = co_await store.ledger().settled(reactor);
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

Task<Result<std::size_t>> settle_what_was_left(Reactor& reactor, store::Store& store, limits::Inflight& journal) {
  std::vector<limits::LeftCall> left = journal.left();
  const Result<Marks> marks = co_await marks_of(reactor, store);
  if (!marks) co_return marks.error();
  std::erase_if(left, [&](const limits::LeftCall& call) { return call.batch > 0 && call.batch <= mark_of(*marks, call.writer); });
  // Whoever was not even measured has had nothing, and gives back what they held.
  std::erase_if(left, [](const limits::LeftCall& call) { return call.use == limits::CallUse(); });
  if (!left.empty()) {
    const std::int64_t number = mark_of(*marks, who_settles_what_was_left) + 1;
    journal.stamp(left, who_settles_what_was_left, number);
    gateway::LedgerBook book;
    for (const limits::LeftCall& call : left) book.add(call.slot, call.facts, call.use);
    store::LedgerBatch batch = batch_of(book.take(), who_settles_what_was_left, number);
    const Status settled = co_await store.ledger().settle(reactor, std::move(batch));
    if (!settled) co_return settled.error();
  }
  journal.clear();
  co_return left.size();
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

LedgerWriter::LedgerWriter(store::Store& store, gateway::LedgerBook& book, limits::Inflight::Part& journal, std::uint32_t number,
                           std::int64_t last)
    : store_(store), book_(book), journal_(journal), number_(number), last_(last) {}

Task<Result<std::int64_t>> LedgerWriter::last_of(Reactor& reactor, store::Store& store, std::uint32_t number) {
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
  for (const std::uint32_t slot : taken.slots) journal_.stamp(slot, number_, last_);
  taken_ = std::move(taken);
  co_return co_await write_batch(reactor);
}

Task<Status> LedgerWriter::write_batch(Reactor& reactor) {
  store::LedgerBatch batch = batch_of(*taken_, number_, last_);
  const Status settled = co_await store_.ledger().settle(reactor, std::move(batch));
  if (!settled) co_return settled;
  for (const std::uint32_t slot : taken_->slots) journal_.release(slot);
  taken_.reset();
  co_return ok();
}

}  // namespace gatehouse::app
