// nlu/work_plan.h — how a step of an extraction goes to the engine: in calls of a bounded size, so that others get their turn in between.
// Rules    a pair is in one batch, a batch in one call; a call brings every row that its pairs need, and no other
// Threads  pure function
#pragma once
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "gatehouse/nlu/batches.h"
#include "gatehouse/nlu/extraction.h"
#include "gatehouse/wire/nlu/work.h"

namespace gatehouse::nlu {

struct WorkRule {
  BatchRule batch;
  std::size_t tokens = 8192;  // of texts and prompts, over all pairs of a call; a batch that has more is a call by itself
};

struct PlannedCall {
  wire::NluWork work;
  std::vector<std::size_t> slots;  // which of the step's each pair is
};
// owner: see wire/nlu/work.h
std::vector<PlannedCall> plan_work(std::span<const Row> rows, std::span<const Slot> slots, std::uint64_t owner, const WorkRule& rule);

}  // namespace gatehouse::nlu
