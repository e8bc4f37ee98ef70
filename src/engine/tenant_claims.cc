#include "tenant_claims.h"

#include <algorithm>
#include <functional>
#include <tuple>

namespace gatehouse::engine {
namespace {

std::uint64_t work_of(const SequenceView& s) { return std::uint64_t{s.prompt_left} + s.granted_left; }

}  // namespace

TenantClaims::TenantClaims(const Standing& standing) {
  for (const TenantView& tenant : standing.tenants) {
    Claim& claim = claims_[tenant.tenant];
    claim.weight = std::max(tenant.weight, 1U);
    claim.done = tenant.time;
  }
  for (const SequenceView& s : standing.sequences) keep_seat(s);
  for (const WaitingView& w : standing.waiting) of(w.tenant).waiting.push_back(&w);
  for (auto& [tenant, claim] : claims_) std::ranges::sort(claim.waiting, std::greater(), &WaitingView::order);
}

template <class Eligible>
Claim* TenantClaims::first(Eligible eligible) {
  Claim* best = nullptr;
  const auto rank = [](const Claim& claim) { return std::tuple(claim.done + claim.promised, claim.waiting.back()->order); };
  for (auto& [tenant, claim] : claims_) {
    if (claim.waiting.empty() || !eligible(claim)) continue;
    if (best == nullptr || rank(claim) < rank(*best)) best = &claim;
  }
  return best;
}

Claim* TenantClaims::next() {
  return first([](const Claim&) { return true; });
}

Claim* TenantClaims::next_without_seat() {
  return first([](const Claim& claim) { return claim.seats == 0; });
}

const WaitingView& TenantClaims::seat(Claim& claim) {
  const WaitingView& job = *claim.waiting.back();
  claim.waiting.pop_back();
  claim.seats += job.seats;
  claim.promised += claim.of(job.work);
  return job;
}

void TenantClaims::unseat(const SequenceView& s) {
  Claim& claim = of(s.tenant);
  --claim.seats;
  claim.promised -= claim.of(work_of(s));
}

void TenantClaims::keep_seat(const SequenceView& s) {
  Claim& claim = of(s.tenant);
  ++claim.seats;
  claim.promised += claim.of(work_of(s));
}

}  // namespace gatehouse::engine
