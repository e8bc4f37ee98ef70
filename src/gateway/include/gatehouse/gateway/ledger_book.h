// gateway/ledger_book.h — the calls that are over on one reactor, until somebody writes down what they took.
// Rules    a call counts when it was admitted, however it ended, with the tokens that were really made
// Threads  its reactor
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "gatehouse/limits/inflight.h"
#include "gatehouse/store/records.h"

namespace gatehouse::gateway {

class LedgerBook {
 public:
  // Where in the book calls of the same facts stand: whoever has many of them keeps it, and nothing is looked for twice.
  class Line {
    friend class LedgerBook;
    std::uint64_t edition = 0;  // of the book; another: the line is to be looked for
    store::UsageRow* row = nullptr;
    std::vector<std::int64_t*> spent;  // of each budget, in the period that its calls begin in
  };

  // A call of that slot is over, or what the journal has added up there.
  void add(std::uint32_t slot, const limits::CallFacts& facts, const limits::CallUse& use);
  // A call that the journal adds up itself (Inflight::Part::join); line: of these facts; one_more: what it has
  // said, whether one more slot waits.
  void add(const limits::CallFacts& facts, const limits::CallUse& use, Line& line, bool one_more);

  struct Taken {
    std::vector<std::uint32_t> own_slots;  // those of what the journal has added up are known to it
    std::vector<store::UsageRow> usage;
    std::vector<store::BudgetSpend> spent;
    std::vector<store::Digest> charged;  // calls that are made once
    bool empty() const { return usage.empty(); }
  };
  // Called when so many slots wait for it.
  void on_many(std::size_t many, std::function<void()> hurry) { many_ = many, hurry_ = std::move(hurry); }
  // All of it; the book is empty then.
  Taken take();

 private:
  using Used = std::tuple<std::string, store::Day, std::string, std::string>;  // tenant, day, model, task
  void find(const limits::CallFacts& facts, Line& line);
  void count(const limits::CallFacts& facts, const limits::CallUse& use, Line& line);
  void one_more_slot() {
    if (++waiting_ == many_ && hurry_) hurry_();
  }

  std::size_t many_ = 0, waiting_ = 0;  // slots
  std::function<void()> hurry_;
  std::uint64_t edition_ = 1;  // grows with each time that it is emptied
  std::vector<std::uint32_t> slots_;
  std::vector<store::Digest> charged_;
  std::map<Used, store::UsageRow, std::less<>> usage_;
  std::map<std::pair<std::uint32_t, std::int64_t>, std::int64_t> spent_;  // by budget and period
};

}  // namespace gatehouse::gateway
