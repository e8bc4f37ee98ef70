// How calls come into the store, once each, where that fails and the process is ended in between.
#include "ledger.h"

#include <gmock/gmock.h>
#include <stdlib.h>

#include <filesystem>
#include <map>

#include "gatehouse/base/fake_clock.h"
#include "gatehouse/runtime/run_task.h"

namespace gatehouse::app {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// A store that keeps its promise (a batch counts once), and fails before or behind it where the test says so.
class FailingLedger final : public store::LedgerStore {
 public:
  enum class Fails { never, before, behind };
  Fails fails = Fails::never;
  bool mute = false;  // does not even say what it has settled
  std::vector<std::int64_t> asked;
  std::map<std::string, std::int64_t> marks;
  std::int64_t requests = 0, units = 0;

  Task<Status> settle(Reactor&, store::LedgerBatch batch) override {
    asked.push_back(batch.number);
    if (fails == Fails::before) co_return away();
    if (marks[batch.writer] < batch.number) {
      marks[batch.writer] = batch.number;
      for (const store::UsageRow& row : batch.usage) requests += row.requests;
      for (const store::BudgetSpend& spend : batch.spent) units += spend.units;
    }
    if (fails == Fails::behind) co_return away();
    co_return ok();
  }
  Task<Result<std::vector<std::pair<std::string, std::int64_t>>>> settled(Reactor&) override {
    if (mute) co_return away();
    co_return std::vector<std::pair<std::string, std::int64_t>>(marks.begin(), marks.end());
  }

 private:
  static Error away() { return Error(Code::unavailable, Origin::gatehouse, "store_unavailable", "away"); }
};

// Each call with facts of its own, or all with facts in common.
class Ledger_ : public ::testing::TestWithParam<bool> {
 protected:
  Ledger_() {
    std::string name = (std::filesystem::temp_directory_path() / "gatehouse-ledger-XXXXXX").string();
    folder_ = ::mkdtemp(name.data());
    restart();
    EXPECT_EQ(settle_rest().value(), 0U);
  }
  ~Ledger_() override { std::filesystem::remove_all(folder_); }

  // Another process: what was in memory is gone.
  void restart() {
    writer_.reset();
    book_ = gateway::LedgerBook();
    journal_.reset();
    Result<limits::Inflight> opened = limits::Inflight::open((folder_ / "inflight").string(), {1, 128, "boot"});
    ASSERT_TRUE(opened);
    journal_.emplace(std::move(*opened));
    line_ = {};
    const auto mark = store_.marks.find("reactor-0");
    const LedgerParts parts{store_, book_, *journal_, syncs_, 0};
    writer_.emplace(parts, mark == store_.marks.end() ? 0 : mark->second);
  }
  static limits::CallFacts facts() {
    limits::CallFacts made;
    made.tenant = "acme";
    made.model = "small";
    made.day = 20'000;
    made.budgets = {{7, limits::BudgetCounts::tokens, 0, ~limits::Units{0}, 0}};
    return made;
  }
  // One that runs, of ten tokens until now.
  std::uint32_t begin_call() {
    const std::uint32_t slot = in_common() ? journal_->part(0).take(kept_).value() : journal_->part(0).take(facts()).value();
    journal_->part(0).begin(slot, 4);
    journal_->part(0).produced(slot, 6);
    return slot;
  }
  void end_call(std::uint32_t slot) {
    const limits::CallUse use{4, 0, 6};
    in_common() ? journal_->part(0).join(slot, use) : journal_->part(0).over(slot, use);
    book_.add(facts(), use, line_);
  }
  static bool in_common() { return GetParam(); }
  Status write() { return run_task(reactor_, writer_->write(reactor_)); }
  std::size_t left() const { return journal_->left().size(); }
  // Then the journal is empty, and calls may begin.
  Result<std::size_t> settle_rest() {
    Result<std::size_t> settled = run_task(reactor_, settle_what_was_left(reactor_, store_, *journal_));
    if (settled) kept_ = journal_->part(0).keep(facts()).value();
    return settled;
  }

  std::filesystem::path folder_;
  FakeClock clock_;
  Reactor reactor_{0, clock_};
  WorkerPool syncs_{"syncs", 1, 4};
  FailingLedger store_;
  gateway::LedgerBook book_;
  std::optional<limits::Inflight> journal_;
  std::optional<LedgerWriter> writer_;
  std::uint32_t kept_ = 0;
  gateway::LedgerBook::Line line_;
};
INSTANTIATE_TEST_SUITE_P(Facts, Ledger_, ::testing::Bool(),
                         [](const auto& which) { return std::string(which.param ? "InCommon" : "OfItsOwn"); });
using Fails = FailingLedger::Fails;

TEST_P(Ledger_, WritesCallsThatAreOverAndGivesTheirSlotsBack) {
  const std::uint32_t over = begin_call();
  begin_call();
  end_call(over);
  EXPECT_TRUE(write().ok());
  EXPECT_EQ(store_.requests, 1);
  EXPECT_EQ(store_.units, 10);
  EXPECT_EQ(left(), 1U) << "which runs";
  EXPECT_TRUE(write().ok());
  EXPECT_THAT(store_.asked, ElementsAre(1)) << "nothing has ended since";
}

TEST_P(Ledger_, ABatchThatFailedIsTheSameOneAgainAndWhatEndedMeanwhileIsTheNext) {
  for (const Fails fails : {Fails::before, Fails::behind}) {
    const std::int64_t before = store_.requests, last = store_.marks["reactor-0"];
    store_.asked.clear();
    store_.fails = fails;
    end_call(begin_call());
    EXPECT_FALSE(write().ok());
    end_call(begin_call());
    EXPECT_FALSE(write().ok());
    EXPECT_EQ(left(), 2U) << "none gives its slot back";
    store_.fails = Fails::never;
    EXPECT_TRUE(write().ok());
    EXPECT_THAT(store_.asked, ElementsAre(last + 1, last + 1, last + 1, last + 2));
    EXPECT_EQ(store_.requests, before + 2);
    EXPECT_EQ(left(), 0U);
  }
}

TEST_P(Ledger_, WhatAProcessLeftIsSettledOnceWhereverItWasEnded) {
  for (const Fails fails : {Fails::never, Fails::before, Fails::behind}) {
    const std::int64_t before = store_.requests;
    end_call(begin_call());
    begin_call();
    store_.fails = fails;
    EXPECT_EQ(write().ok(), fails == Fails::never);
    restart();
    store_.fails = Fails::never;
    const Result<std::size_t> settled = settle_rest();
    ASSERT_TRUE(settled);
    EXPECT_EQ(*settled, fails == Fails::before ? 2U : 1U);
    EXPECT_EQ(store_.requests, before + 2);
    EXPECT_EQ(store_.units, store_.requests * 10);
    EXPECT_EQ(left(), 0U);
  }
}

TEST_P(Ledger_, AStartThatCannotSettleLeavesAllToTheNextOne) {
  for (const Fails fails : {Fails::before, Fails::behind}) {
    const std::int64_t before = store_.requests;
    begin_call();
    restart();
    store_.mute = true;
    EXPECT_FALSE(settle_rest());
    store_.mute = false;
    store_.fails = fails;
    EXPECT_FALSE(settle_rest());
    EXPECT_EQ(left(), 1U);
    restart();
    store_.fails = Fails::never;
    EXPECT_EQ(settle_rest().value(), fails == Fails::before ? 1U : 0U) << "it may have been written all the same";
    EXPECT_EQ(store_.requests, before + 1);
    EXPECT_EQ(left(), 0U);
  }
}

TEST_P(Ledger_, ACallThatHadNotBegunIsNone) {
  static_cast<void>(journal_->part(0).take(facts()));
  restart();
  EXPECT_EQ(settle_rest().value(), 0U);
  EXPECT_THAT(store_.asked, IsEmpty());
}

}  // namespace
}  // namespace gatehouse::app
