// What an earlier process has left in the journal.
#include <algorithm>
#include <span>
#include <utility>

#include "inflight_file.h"
#include "inflight_old.h"

namespace gatehouse::limits {

using namespace journal;

namespace {

// All that pages of slots have.
template <class File>
std::vector<std::uint32_t> slots_in(File& file) {
  std::vector<std::uint32_t> all;
  for (std::size_t on = 1; on < file.pages; ++on) {
    if (file.kind(on) != of_slots) continue;
    for (std::size_t i = 1; i < slots_a_page; ++i) all.push_back(static_cast<std::uint32_t>(on * slots_a_page + i));
  }
  return all;
}

bool is_whole_sum(const Slot& slot) { return slot.state.load() == is_sum && slot.check == check_of(slot.sum); }

// By a greater sum of the same calls and others: what made that was ended before this one was forgotten.
bool is_followed(const Slot& mine, std::span<const Slot> page_of_it) {
  return std::ranges::any_of(page_of_it, [&](const Slot& other) {
    return is_whole_sum(other) && other.facts.load() == mine.facts.load() && other.sum.generation == mine.sum.generation &&
           other.sum.use.calls > mine.sum.use.calls;
  });
}

bool counts(const Slot& slot, std::span<const Slot> page_of_it) {
  const std::uint32_t state = slot.state.load();
  return state == runs || state == is_over || (is_whole_sum(slot) && !is_followed(slot, page_of_it));
}

// Null: they are not what the slot was taken with, which the disk was not told in time.
template <class File>
const SlotFacts* facts_of(File& file, const Slot& slot) {
  const std::uint64_t facts_named = slot.facts.load();
  const std::size_t number = number_in(facts_named), on = number / facts_a_page;
  if (on == 0 || on >= file.pages || file.kind(on) != of_facts) return nullptr;
  const SlotFacts& found = file.facts(number);
  return named(number_in(facts_named), found.edition.load()) == facts_named ? &found : nullptr;
}

CallUse use_of(const Slot& slot, bool lost_power) {
  const std::uint32_t state = slot.state.load();
  if (state == is_sum) return slot.sum.use;
  return {slot.prompt, slot.cached, lost_power && state == runs ? slot.granted.load() : slot.produced.load()};
}

}  // namespace

std::vector<LeftCall> Inflight::left() const {
  if (file_->old_format) return left_in_old(file_->whole(), file_->other_boot);
  std::vector<LeftCall> left;
  for (const std::uint32_t i : slots_in(*file_)) {
    const Slot& slot = file_->slot(i);
    const std::span<const Slot> page_of_it(&file_->slot(i / slots_a_page * slots_a_page + 1), slots_a_page - 1);
    const SlotFacts* const facts = counts(slot, page_of_it) ? facts_of(*file_, slot) : nullptr;
    if (facts == nullptr) continue;
    LeftCall call;
    call.slot = i;
    const std::int64_t stamp = slot.stamp.load();
    call.batch = batch_in(stamp);
    call.writer = stamp == call.batch ? slot.check : writer_in(stamp);
    call.facts = facts_in(*facts);
    if (slot.state.load() != is_sum && slot.is_marked != 0) call.facts.mark = slot.mark;
    call.use = use_of(slot, file_->other_boot);
    left.push_back(std::move(call));
  }
  return left;
}

void Inflight::stamp(const std::vector<LeftCall>& calls, std::uint32_t writer, std::int64_t batch) {
  // A Gatehouse from before would not understand these stamps.
  if (!file_->old_format) file_->header().magic = magic;
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
