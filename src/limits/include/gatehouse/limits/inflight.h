// limits/inflight.h — the calls that are being made, in a file that is mapped into memory: whatever ends the process, what they used is
// known to the next one.
// Format   DATA/inflight: a page that says what it is, then pages of slots, one for each call that runs, and pages of facts that calls
//          have in common: so a call writes little, and few pages are written again and again. Written by one process at a time, on this
//          machine alone. It grows as calls need it, and has room on the disk for whatever it maps: a full disk is an answer, not a fault
//          of memory
// Rules    a slot says how much a call has produced before that leaves the process. A call that the engine has not begun has taken nothing,
//          whatever ends the process. A mapped page outlives the process (SIGKILL), not the machine (loss of power), unless it was synced:
//          what a file of an earlier boot says was granted counts as produced. A slot names its facts by number and edition: one whose
//          facts were not synced either is none. Of calls of the same facts that are over, one slot of a page stands for all there: of a
//          page the disk is told as a whole, of several in any order
// Threads  a part belongs to one reactor; the file outlives its parts. sync() from any thread that may block
// Errors   inflight_unusable (operator)
#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "gatehouse/base/fd.h"
#include "gatehouse/base/result.h"
#include "gatehouse/limits/price.h"

namespace gatehouse::limits {

enum class BudgetCounts : std::uint8_t { tokens, money };

// What a call takes from one budget: in the period that it began in and, where it grew in a later one, in that.
struct BudgetShare {
  std::uint32_t budget = 0;  // its number
  BudgetCounts counts = BudgetCounts::tokens;
  std::int64_t period = 0;           // when that began, in seconds since 1970
  Units most_of_period = ~Units{0};  // what of it is more than this belongs to the next
  std::int64_t next_period = 0;
};
inline constexpr std::size_t most_budgets = 18;

// Stands for a call that is made once, whoever asks for it again; all zero: it may be made as often as anybody likes.
using CallMark = std::array<unsigned char, 32>;

struct CallFacts {
  std::string tenant, model;  // cut off behind 64 and 128 bytes
  std::int32_t day = 0;       // the tenant's date, days since 1970
  Price price;
  std::vector<BudgetShare> budgets;  // at most most_budgets
  CallMark mark{};
  std::string task = {};  // what it is for; cut off behind 64 bytes; empty: nobody has said
};

Units units_of(BudgetCounts counts, const Price& price, const CallUse& use);

// What it takes from one budget in the end: in the period that it began in, and in the next.
struct SpentIn {
  Units first = 0, next = 0;
};
SpentIn spent_in(const BudgetShare& share, const Price& price, const CallUse& use);

// A call that an earlier process did not settle, or may not have; or several of the same facts that it had added up.
struct LeftCall {
  std::uint32_t slot = 0;
  std::uint32_t writer = 0;  // which was to settle it,
  std::int64_t batch = 0;    // and in which of its batches; 0: in none yet
  CallFacts facts;
  CallUse use;
};

class Inflight {
 public:
  struct Options {
    std::uint32_t parts = 1;
    std::uint32_t most_slots = 65'536;  // of all parts together
    std::string boot;                   // of this boot of the machine
  };
  // What is there stays until clear(). inflight_unusable
  static Result<Inflight> open(const std::string& path, const Options& options);
  Inflight(Inflight&&) noexcept;
  Inflight& operator=(Inflight&&) noexcept;
  ~Inflight();

  // Those that had begun.
  std::vector<LeftCall> left() const;
  // They are to be settled in that batch: known before it is written.
  void stamp(const std::vector<LeftCall>& calls, std::uint32_t writer, std::int64_t batch);
  // Whatever is there has been settled. Before the first part takes a slot.
  void clear();
  // What stands in it by now outlives the machine, too. It blocks. inflight_unusable
  Status sync() const;

  class Part;
  Part& part(std::size_t number);

 private:
  struct File;
  explicit Inflight(std::unique_ptr<File> file);
  std::unique_ptr<File> file_;
};

class Inflight::Part {
 public:
  explicit Part(File& file) : file_(file) {}

  // Facts that calls have in common, written once for all of them; nothing: there is no room for more. They stand until they are let go of
  // and their last call is released.
  std::optional<std::uint32_t> keep(const CallFacts& facts);
  void let_go(std::uint32_t facts);
  // A slot for a call of such facts; nothing: there are as many as can be, or the disk has no room for more.
  std::optional<std::uint32_t> take(std::uint32_t facts);
  // The same, with facts of its own.
  std::optional<std::uint32_t> take(const CallFacts& facts);
  void mark(std::uint32_t slot, const CallMark& mark);
  void task(std::uint32_t slot, std::string_view task);
  // Its prompt is paid for, and the engine takes it up: from here on it counts.
  void begin(std::uint32_t slot, std::uint64_t prompt_tokens);
  void granted(std::uint32_t slot, std::uint64_t tokens);
  // In all. Before they leave the process.
  void produced(std::uint32_t slot, std::uint64_t tokens);
  // A budget's share has changed: it grew in another period. Where there is no room to say so it all counts in the first one, if the
  // process ends.
  void share(std::uint32_t slot, std::size_t budget, const BudgetShare& share);
  // The call is over, with this.
  void over(std::uint32_t slot, const CallUse& use);
  // The same, of a call that has no mark and no facts of its own. In its page its slot stands for those before it of the same facts, too,
  // and theirs is free: so thousands of calls take few slots until they are settled.
  void join(std::uint32_t slot, const CallUse& use);
  // The slots of all that is over since the last time: they are the caller's, to be stamped and released.
  std::vector<std::uint32_t> take_over();
  // Called when so many of them wait for that, that those that run should not have to.
  void on_many(std::function<void()> hurry) { hurry_ = std::move(hurry); }
  void stamp(std::span<const std::uint32_t> slots, std::uint32_t writer, std::int64_t batch);
  // It is settled, or was none.
  void release(std::uint32_t slot);
  void release(std::span<const std::uint32_t> slots);

 private:
  void fetch(std::uint32_t slot) const;
  void one_more_waits();
  // Other facts for a call that runs.
  void rewrite(std::uint32_t slot, const CallFacts& facts);

  File& file_;
  std::vector<std::uint32_t> free_slots_, free_facts_;
  std::vector<std::uint32_t> users_;  // of facts, by their number: calls, and who keeps them
  std::vector<std::uint32_t> over_;   // slots of calls that stand for themselves
  struct Sum {
    std::uint64_t facts = 0;  // as a slot names them
    std::uint32_t slot = 0;
  };
  std::vector<std::vector<Sum>> sums_;  // by page
  std::vector<std::size_t> summed_;     // the pages that have any
  std::uint64_t generation_ = 1;        // of the sums
  std::size_t waiting_ = 0;             // slots of either
  std::function<void()> hurry_;
};

// Of this boot of the machine; empty where the kernel does not say.
std::string boot_id();

}  // namespace gatehouse::limits
