#include "gatehouse/nlu/work_plan.h"

#include <map>
#include <utility>

namespace gatehouse::nlu {
namespace {

RowShape shape_of(std::span<const Row> rows, const Slot& slot) {
  return {static_cast<std::uint32_t>(rows[slot.text].ids.size()), static_cast<std::uint32_t>(rows[slot.prompt].ids.size())};
}

// A call that grows by batches.
class GrowingCall {
 public:
  GrowingCall(std::span<const Row> rows, std::span<const Slot> slots, std::uint64_t owner) : rows_(rows), slots_(slots) {
    call_.work.owner = owner;
  }

  void add(std::span<const std::size_t> batch) {
    for (const std::size_t number : batch) {
      const Slot& slot = slots_[number];
      call_.work.pairs.push_back({place_of(slot.text), place_of(slot.prompt)});
      call_.slots.push_back(number);
    }
    call_.work.batches.push_back(static_cast<std::uint32_t>(batch.size()));
  }
  PlannedCall finish() && { return std::move(call_); }

 private:
  std::uint32_t place_of(std::uint32_t row) {
    const auto [place, fresh] = places_.try_emplace(row, static_cast<std::uint32_t>(call_.work.rows.size()));
    if (fresh) call_.work.rows.push_back({static_cast<std::uint32_t>(rows_[row].kind), rows_[row].first_position, rows_[row].ids});
    return place->second;
  }

  std::span<const Row> rows_;
  std::span<const Slot> slots_;
  std::map<std::uint32_t, std::uint32_t> places_;  // by the step's row
  PlannedCall call_;
};

}  // namespace

std::vector<PlannedCall> plan_work(std::span<const Row> rows, std::span<const Slot> slots, std::uint64_t owner, const WorkRule& rule) {
  std::vector<RowShape> shapes;
  shapes.reserve(slots.size());
  for (const Slot& slot : slots) shapes.push_back(shape_of(rows, slot));
  std::vector<PlannedCall> calls;
  GrowingCall call(rows, slots, owner);
  std::size_t taken = 0;
  for (const std::vector<std::size_t>& batch : batches_by_length(shapes, rule.batch)) {
    std::size_t tokens = 0;
    for (const std::size_t number : batch) tokens += std::size_t{shapes[number].text} + shapes[number].prompt;
    if (taken > 0 && taken + tokens > rule.tokens) {
      calls.push_back(std::exchange(call, GrowingCall(rows, slots, owner)).finish());
      taken = 0;
    }
    call.add(batch);
    taken += tokens;
  }
  if (taken > 0) calls.push_back(std::move(call).finish());
  return calls;
}

}  // namespace gatehouse::nlu
