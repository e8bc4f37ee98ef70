// engine/fair_shares.h — how much each tenant has been computed for, as virtual time: tokens of work divided by the tenant's weight.
// Units    tokens: of prompts and of answers alike, counted when they are computed
// Threads  value type
// Rules    a tenant wants something while work of it waits: for a seat, or for its prompt to be computed. Who wants and has had least comes
//          first. Time that was not wanted gives no claim: whoever begins to want does so at the present, which is the earliest time among
//          those that have been wanting (nobody: the latest of all), or where it has been already, if that is later. So a newcomer neither
//          waits for others to make up what they had before, nor makes up what it did not ask for
// Source   virtual time as in start-time fair queueing (Goyal, Vin, Cheng; SIGCOMM '96)
#pragma once
#include <cstdint>
#include <map>
#include <span>

namespace gatehouse::engine {

// A tenant that wants something.
struct Wanting {
  std::uint64_t tenant = 0;
  std::uint32_t weight = 1;
};

class FairShares {
 public:
  // Who wants something from now on; a tenant may be named more than once.
  void want(std::span<const Wanting> wanting);
  // Tokens have been computed for the tenant.
  void charge(const Wanting& who, std::uint64_t tokens);
  double time_of(std::uint64_t tenant) const;
  // Tenants that are remembered: those that want something, and those that are ahead of the present.
  std::size_t remembered() const { return accounts_.size(); }

 private:
  struct Account {
    double time = 0;
    bool wanting = false, wanted = false;
  };
  double present() const;
  std::map<std::uint64_t, Account> accounts_;
  double present_ = 0;
};

}  // namespace gatehouse::engine
