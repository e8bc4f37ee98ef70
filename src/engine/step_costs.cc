#include "gatehouse/engine/step_costs.h"

#include <algorithm>
#include <vector>

#include "gatehouse/engine/sequence_model.h"

namespace gatehouse::engine {
namespace {

constexpr double memory = 0.97;
constexpr std::uint32_t least_chunk = attention_tile, tile = 16;
constexpr double most_believed = 4;
constexpr double told_apart = 128.0 * 128.0;   // depths that lie closer together than this say nothing about what depth costs
constexpr std::uint32_t rehearsed_cells = 72;  // what the passes of a rehearsal write to one seat, at most

class Rehearsal {
 public:
  Rehearsal(SequenceModel& model, const Clock& clock, nanoseconds most) : model_(model), clock_(clock), until_(clock.now() + most) {}

  CostModel run() {
    // Each seat has a token first; what the very first pass takes says more about cold memory than about the model.
    const std::uint32_t seats = std::min(model_.seats(), 8U);
    for (Seat seat = 0; seat < seats; ++seat) model_.open(seat, wire::engine::Sampling());
    std::vector<Seat> all(seats);
    for (Seat seat = 0; seat < seats; ++seat) all[seat] = seat;
    if (begin(all)) {
      const auto one = std::span(all).first(1);
      static_cast<void>(decode(one) && prefill(16) && decode(all) && prefill(48) && decode(one));
    }
    for (const Seat seat : all) model_.close(seat);
    return costs_;
  }

 private:
  // False where a pass has failed or the time is over.
  bool goes_on(const Status& passed) const { return passed.ok() && clock_.now() < until_; }

  bool begin(std::span<const Seat> seats) {
    std::vector<PromptPart> parts;
    for (const Seat seat : seats) parts.push_back(PromptPart{seat, 0, std::span(&token_, 1), true});
    const Status passed = model_.prefill(parts);
    cells_.assign(seats.size(), 1);
    last_.assign(seats.size(), token_);
    if (passed) sample(seats);
    return goes_on(passed);
  }

  bool decode(std::span<const Seat> seats) {
    std::vector<SeatToken> batch;
    for (const Seat seat : seats) batch.push_back(SeatToken{seat, cells_[seat]++, last_[seat]});
    const Instant began = clock_.now();
    const Status passed = model_.decode(batch);
    if (!passed) return false;
    sample(seats);
    costs_.saw_decode(static_cast<std::uint32_t>(seats.size()), clock_.now() - began);
    return goes_on(passed);
  }

  bool prefill(std::uint32_t tokens) {
    const Seat seat = static_cast<Seat>(cells_.size()) - 1;
    const std::vector<Token> prompt(tokens, token_);
    const PromptPart part{seat, cells_[seat], prompt, true};
    PromptPass pass;
    pass.add(cells_[seat], tokens);
    const Instant began = clock_.now();
    const Status passed = model_.prefill(std::span(&part, 1));
    if (!passed) return false;
    sample(std::span(&seat, 1));
    costs_.saw_prefill(pass, clock_.now() - began);
    cells_[seat] += tokens;
    return goes_on(passed);
  }

  void sample(std::span<const Seat> seats) {
    for (const Seat seat : seats) last_[seat] = model_.sample(seat);
  }

  SequenceModel& model_;
  const Clock& clock_;
  const Instant until_;
  const Token token_ = 0;
  std::vector<std::uint32_t> cells_;
  std::vector<Token> last_;
  CostModel costs_;
};

}  // namespace

std::uint32_t prefill_chunk(const StepCosts& costs, std::uint32_t decoding, std::uint32_t depth, nanoseconds gap, std::uint32_t most) {
  const double token = costs.prefill.token(depth);
  if (token <= 0) return most;
  const double step = decoding == 0 ? 0 : costs.decode.of(decoding);
  const double room = std::max(static_cast<double>(gap.count()) - step, step) - costs.prefill.fixed;
  const double fits = std::clamp(room / token, 0.0, static_cast<double>(most));
  const auto tokens = static_cast<std::uint32_t>(fits);
  return tokens == most ? most : std::min(most, std::max(least_chunk, tokens / tile * tile));
}

void CostModel::saw_decode(std::uint32_t sequences, nanoseconds took) { decode_.saw(sequences, static_cast<double>(took.count())); }

// What one line has learnt is taken off what the other one sees. What depth costs is seen where tiles are whole.
void CostModel::saw_prefill(const PromptPass& pass, nanoseconds took) {
  if (pass.tokens == 0) return;
  const double expected = costs().prefill.of(pass);
  auto all = static_cast<double>(took.count());
  if (expected > 0) all = std::min(all, most_believed * expected);
  const auto count = static_cast<double>(pass.tokens);
  if (pass.tokens >= attention_tile) {
    depth_.saw(pass.looks / count, (all - std::min(prefill_.cost().fixed, all)) / count);
    if (depth_.spread() >= told_apart) deep_ = depth_.cost().each;
  }
  prefill_.saw(count, all - deep_ * pass.looks);
}

StepCosts CostModel::costs() const {
  const StepCost line = prefill_.cost();
  return {decode_.cost(), {line.fixed, line.each, deep_}};
}

void CostLine::saw(double x, double nanoseconds) {
  const double y = std::max(nanoseconds, 0.0);
  const auto add = [](double& sum, double value) { sum = sum * memory + value; };
  add(weight_, 1);
  add(x_, x);
  add(y_, y);
  add(xx_, x * x);
  add(xy_, x * y);
}

StepCost CostLine::cost() const {
  if (weight_ <= 0) return {};
  const double x = x_ / weight_, y = y_ / weight_;
  const StepCost through_nothing{0, x > 0 ? y / x : 0};
  if (spread() <= 1e-9 * x * x) return through_nothing;
  const double each = (xy_ / weight_ - x * y) / spread();
  if (each <= 0) return {y, 0};
  return y - each * x < 0 ? through_nothing : StepCost{y - each * x, each};
}

double CostLine::spread() const {
  if (weight_ <= 0) return 0;
  const double x = x_ / weight_;
  return xx_ / weight_ - x * x;
}

CostModel rehearse(SequenceModel& model, const Clock& clock, nanoseconds most) {
  if (model.seats() == 0 || model.seat_cells() < rehearsed_cells) return {};
  return Rehearsal(model, clock, most).run();
}

}  // namespace gatehouse::engine
