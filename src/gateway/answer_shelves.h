// gateway/answer_shelves.h — answers that may be told again, by what was asked: a shelf for each tenant.
// Life     an answer stays until it is as old as it may be, is forgotten, or its room is needed
// Memory   bounded. Where there is no room for another answer, whichever tenant has the most loses what it has not used for longest: who
//          has no more than an even share loses nothing to anybody. One answer takes an eighth of all at most
// Threads  one at a time. Time that was seen does not come again
#pragma once
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <set>
#include <unordered_map>
#include <utility>
#include <vector>

#include "gatehouse/base/clock.h"
#include "gatehouse/base/strong.h"
#include "gatehouse/store/records.h"
#include "kept_answer.h"

namespace gatehouse::gateway {

// What was asked, by a digest that is keyed, and of whom. No two tenants have a key in common.
struct AnswerKey {
  store::Digest asked{};
  std::uint32_t tenant = 0, model = 0;  // by their numbers
  friend bool operator==(const AnswerKey&, const AnswerKey&) = default;
};

struct HashOfAnswerKey {
  std::size_t operator()(const AnswerKey& key) const noexcept;
};

using AnswerPtr = std::shared_ptr<const KeptAnswer>;

class AnswerShelves {
 public:
  AnswerShelves(std::size_t room, nanoseconds ttl) : room_(room), ttl_(ttl) {}
  AnswerShelves(const AnswerShelves&) = delete;
  AnswerShelves& operator=(const AnswerShelves&) = delete;

  // Null: there is none.
  AnswerPtr find(const AnswerKey& key, Instant now);
  // In place of what was there, where it is not too large. tenant: the name of the key's.
  void put(const AnswerKey& key, const TenantId& tenant, AnswerPtr answer, Instant now);
  void forget_model(std::uint32_t model);
  // Of those who are not there.
  using IsThere = std::function<bool(const TenantId&, std::uint32_t number)>;
  void forget_tenants(const IsThere& is_there);

  std::size_t answers() const { return kept_.size(); }
  std::size_t bytes() const { return bytes_; }
  std::size_t bytes_of(std::uint32_t tenant) const;
  // Since the start.
  std::uint64_t too_old() const { return too_old_; }
  std::uint64_t crowded_out() const { return crowded_out_; }

  static std::size_t cost_of(const KeptAnswer& answer);

 private:
  using Order = std::list<const AnswerKey*>;
  struct Kept {
    AnswerPtr answer;
    std::size_t bytes = 0;
    Instant until;
    Order::iterator by_age, by_use;
  };
  struct Shelf {
    TenantId tenant;
    Order by_use;  // what was not used for longest is first
    std::size_t bytes = 0;
  };
  using Map = std::unordered_map<AnswerKey, Kept, HashOfAnswerKey>;

  void drop_old(Instant now);
  void drop(Map::iterator one);
  void weigh(std::uint32_t tenant, Shelf& shelf, std::size_t bytes);

  const std::size_t room_;
  const nanoseconds ttl_;
  Map kept_;
  Order by_age_;                                              // the oldest is first
  std::unordered_map<std::uint32_t, Shelf> shelves_;          // by tenant
  std::set<std::pair<std::size_t, std::uint32_t>> by_bytes_;  // who has how much
  std::size_t bytes_ = 0;
  std::uint64_t too_old_ = 0, crowded_out_ = 0;
  Instant latest_ = Instant::min();
};

}  // namespace gatehouse::gateway
