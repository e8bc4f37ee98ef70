// What an earlier process has left in the journal.
#include <utility>

#include "inflight_file.h"
#include "inflight_old.h"

namespace gatehouse::limits {

using namespace journal;

std::vector<LeftCall> Inflight::left() const {
  if (file_->old_format) return left_in_old(file_->whole(), file_->other_boot);
  std::vector<LeftCall> left;
  for (const std::uint32_t i : file_->slots()) {
    const Slot& slot = file_->slot(i);
    const std::uint32_t state = slot.state.load(std::memory_order_acquire);
    const bool counts = state == runs || state == is_over || (state == is_sum && !file_->is_followed(i));
    const KeptFacts* const facts = counts ? file_->facts_of(slot) : nullptr;
    if (facts == nullptr) continue;
    LeftCall call;
    call.slot = i;
    const std::int64_t stamp = slot.stamp.load();
    call.batch = batch_in(stamp);
    call.writer = stamp == call.batch ? slot.old_writer : writer_in(stamp);
    call.facts = facts_in(*facts);
    if (state != is_sum && slot.is_marked != 0) call.facts.mark = slot.mark;
    const bool lost_power = file_->other_boot && state == runs;
    call.use = {slot.prompt, slot.cached, lost_power ? slot.granted.load() : slot.produced.load()};
    if (state == is_sum) call.use = slot.sum.use;
    left.push_back(std::move(call));
  }
  return left;
}

void Inflight::stamp(const std::vector<LeftCall>& calls, std::uint32_t writer, std::int64_t batch) {
  for (const LeftCall& call : calls) {
    file_->old_format ? stamp_old(file_->whole(), call.slot, writer, batch) : file_->slot(call.slot).stamp.store(stamp_of(writer, batch));
  }
}

// What says what the file is comes last: until then there is nothing in it.
void Inflight::clear() {
  for (std::size_t i = 1; i < file_->pages; ++i) {
    if (file_->kind(i) != is_blank) file_->kind(i) = is_blank;
  }
  put(file_->header().boot, file_->boot);
  file_->header().magic = magic;
  file_->old_format = file_->other_boot = false;
}

}  // namespace gatehouse::limits
