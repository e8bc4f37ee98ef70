// limits/limit_table.h — what each subject has used of each limit, for all reactors of this process.
// Units    as each charge's limit counts
// Threads  any; a shard is locked for as long as its states are looked at, several always in the same order: what is about one subject
//          stands in one shard, so that a call with many limits of few subjects takes few locks. A Reservation has one owner
// Memory   bounded: where there is no room for another state, those that are full again give way, for they say what new ones would; no
//          others ever do. Where none of those is found, it goes by the kind of the limit:
//            rates                    who has no state shares one with all others of that limit (and shard) who have none: each gets at
//                                     most what it may have, and all of them together no more than that
//            concurrency, allowances  refused, until there is room: nobody knows when
//          So is the call of a subject whose state would have to grow
// Rules    several at once are had all or none. One limit's number stands for one rule: a rule that becomes another kind, or gets another
//          window, gets another number, else what is remembered was counted by the old one. Time that a shard has seen does not come again
// Later    many instances ask this same table; what crosses between them (leases of rates, rows of allowances) moves Units in and out with
//          count() and reserve(), so that who asks here need not know of it
#pragma once
#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <vector>

#include "gatehouse/base/random.h"
#include "gatehouse/limits/limit.h"

namespace gatehouse::limits {

// Whom a limit is for: the bits of an address, a number of a tenant, a hash that is keyed. Nobody may be able to choose another's.
struct Subject {
  std::uint64_t high = 0, low = 0;
  friend bool operator==(const Subject&, const Subject&) = default;
};

struct LimitKey {
  std::uint32_t limit = 0;  // its number; the greatest is the table's own
  Subject subject;
  friend bool operator==(const LimitKey&, const LimitKey&) = default;
};

// One of the limits that a request must keep to.
struct Charge {
  LimitKey key;
  const Limit* rule = nullptr;
  Units volume = 1;  // 0 only looks
  Spend spend = Spend::at_once;
  Decision decision;      // what it said
  std::size_t place = 0;  // of the key in that table, once it was looked for; 0: not yet. It goes with the key
};

// Among those that refuse the one with the longest wait; nothing where none does.
std::optional<std::size_t> longest_refusal(std::span<const Charge> charges);

class Reservation;

class LimitTable {
 public:
  // Looked at in one moment; more are looked at one lot after the other.
  static constexpr std::size_t most_charges = 16;
  struct Size {
    std::size_t shards = 64;  // a power of two
    std::size_t bytes = std::size_t{64} * 1024 * 1024;
  };
  LimitTable(Size size, RandomSource& random);
  ~LimitTable();

  // For charges that are made from one again and again.
  std::size_t place_of(const LimitKey& key) const { return hash_(key) | 1U; }
  // Of which nothing is held yet: for grow().
  Reservation nothing();
  // All of the charges or none of them; each gets its decision. What is taken by use, and calls at once, the reservation gives back. Of
  // more than most_charges those that are spent at once must stand in the last lot: what is spent stays so.
  std::optional<Reservation> reserve(std::span<Charge> charges, const Moment& now);
  // What it would say to them. Nothing is taken.
  void look(std::span<Charge> charges, const Moment& now);
  // Counts what has happened already, whether or not there is room: what was spent before this process began, an attempt that failed.
  void count(Charge charge, const Moment& now);

  // What is counted against an allowance now.
  PeriodCount counted(const LimitKey& key, const Allowance& rule, const Moment& now);

  std::size_t remembered() const;                            // states
  std::uint64_t shared() const { return shared_.load(); }    // charges of rates that had to share a state
  std::uint64_t crowded() const { return crowded_.load(); }  // charges that were refused for want of room

 private:
  friend class Reservation;
  // The upper half is the subject's alone, and says in which shard.
  struct Hash {
    std::uint64_t seed = 0;
    std::size_t operator()(const LimitKey& key) const;
  };
  struct Node;
  struct Shard;
  class Locked;
  struct Found {
    Node* node = nullptr;  // null: there is no room, or nothing to look at
    bool shared = false;   // with others who have no state of their own
  };

  enum class Then : std::uint8_t { take, leave };
  bool decide(std::span<Charge> charges, const Moment& now, Then then, Reservation& into);
  bool decide_lot(std::span<Charge> lot, const Moment& now, Then then, Reservation& into);

  Shard& shard_of(std::size_t place) const;
  Found find(Shard& shard, const Charge& charge, const Moment& now);
  Found make(Shard& shard, const Charge& charge, const Moment& now);
  bool may_grow(Shard& shard, const Found& found, const Moment& now);
  static Units asked_together(std::span<const Charge> charges, std::span<const Found> found);
  void look_at(Shard& shard, Charge& charge, const Found& found, Units together, const Moment& now);
  static bool make_room(Shard& shard, std::size_t bytes, const Moment& now);

  Hash hash_;
  std::size_t shard_count_;
  std::unique_ptr<Shard[]> shards_;
  std::atomic<std::uint64_t> shared_{0}, crowded_{0};
};

// What was taken by use, and the calls at once, for as long as it lives. Its end gives back what was not used.
// Threads  one at a time; the table lives longer
class Reservation {
 public:
  Reservation(Reservation&& other) noexcept;
  Reservation& operator=(Reservation&& other) noexcept;
  Reservation(const Reservation&) = delete;
  Reservation& operator=(const Reservation&) = delete;
  ~Reservation() { settle(); }

  // Takes more, all or none, under the same keys or others.
  bool grow(std::span<Charge> charges, const Moment& now);
  // So many of these units have been used by now, in all. Said before they are handed out, it is right whatever ends the request.
  // More than is held counts, too. likely: before how many others it was taken, where that is known, so that it need not be looked for.
  void used(const LimitKey& key, Units units, std::size_t likely = 0);
  // Now instead of at the end. Nothing is held afterwards, and more may be taken.
  void settle();

 private:
  friend class LimitTable;
  struct Account {
    Account(const Charge& charge, LimitTable::Shard& where, LimitTable::Node* kept, bool is_shared, const Hold& hold)
        : key(charge.key),
          place(charge.place),
          shard(&where),
          node(kept),
          times(kept != nullptr ? 1 : 0),
          shared(is_shared),
          held(hold.amount),
          used(charge.spend == Spend::unless_given_back ? hold.amount : 0),
          first(hold) {}
    LimitKey key;
    std::size_t place;
    LimitTable::Shard* shard;  // where that is
    LimitTable::Node* node;    // kept for as long as something of it is held; null: a rate's, which may be gone by then
    std::uint32_t times;       // that it was kept
    bool shared;               // it stands with those who have no state of their own
    Units held, used;
    Hold first;              // the oldest,
    std::vector<Hold> more;  // and the others in their order: calls that take once need no memory for them
    bool is_rate() const { return node == nullptr; }
    void put(const Hold& hold);
    // Nothing of it comes back.
    bool is_settled() const { return held == 0 || (is_rate() && used == held); }
  };
  explicit Reservation(LimitTable& table) : table_(&table) {}
  // is_new: of a state that it holds nothing of.
  void add(const Charge& charge, LimitTable::Shard& shard, const LimitTable::Found& found, const Hold& hold, bool is_new);
  void add(Account&& account);
  // Beside what it holds of that already; false: it holds nothing of that.
  bool add_to_known(const Charge& charge, LimitTable::Node* kept, bool shared, const Hold& hold);
  // Null: it holds nothing of that yet.
  Account* account_of(const LimitKey& key, std::size_t place, const LimitTable::Node* node, bool shared);
  void give_back(const Account& account);

  LimitTable* table_;
  std::vector<Account> accounts_;
  bool has_doubles_ = false;  // there may be two of one key: the state of the second was made while others stood with a shared one
};

}  // namespace gatehouse::limits
