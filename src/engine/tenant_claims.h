// engine/tenant_claims.h — what one plan knows of each tenant: what it has had, what it holds, who of it waits.
// Units    time is virtual: tokens of work divided by the tenant's weight
// Threads  value types
#pragma once
#include <cstdint>
#include <map>
#include <vector>

#include "gatehouse/engine/plan_step.h"

namespace gatehouse::engine {

struct Claim {
  double weight = 1;
  double done = 0;      // time of the work done, and of the prompts that this plan goes on with
  double promised = 0;  // time that its seats are good for
  std::uint32_t seats = 0;
  std::vector<const WaitingView*> waiting;  // the oldest last

  double of(std::uint64_t tokens) const { return static_cast<double>(tokens) / weight; }
};

class TenantClaims {
 public:
  // What standing spans must outlive this.
  explicit TenantClaims(const Standing& standing);

  Claim& of(std::uint64_t tenant) { return claims_[tenant]; }
  // Whose turn it is for a seat; null when nobody waits. Of equals the one whose job is older.
  Claim* next();
  // The same among those that hold no seat.
  Claim* next_without_seat();
  // The oldest job of the claim takes a seat.
  const WaitingView& seat(Claim& claim);
  // The sequence has no seat any more; or it has one after all.
  void unseat(const SequenceView& s);
  void keep_seat(const SequenceView& s);

 private:
  template <class Eligible>
  Claim* first(Eligible eligible);
  std::map<std::uint64_t, Claim> claims_;
};

}  // namespace gatehouse::engine
