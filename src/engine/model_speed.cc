#include "gatehouse/engine/model_speed.h"

#include <algorithm>
#include <array>
#include <functional>
#include <numeric>

#include "gatehouse/engine/sequence_model.h"

namespace gatehouse::engine {
namespace {

constexpr std::uint32_t measured_prompt = 256;
constexpr std::array<std::uint32_t, 3> crowds{1, 4, 16};
constexpr std::size_t most_passes = 200;

double a_second(std::uint32_t tokens, nanoseconds pass) {
  return static_cast<double>(tokens) * 1e9 / static_cast<double>(std::max<std::int64_t>(pass.count(), 1));
}

class Speedometer {
 public:
  Speedometer(SequenceModel& model, const Clock& clock, nanoseconds each) : model_(model), clock_(clock), each_(each) {}

  Result<double> prefill() {
    const std::uint32_t tokens = std::min(measured_prompt, model_.seat_cells());
    const std::vector<Token> prompt(tokens, 0);
    GH_TRY(const nanoseconds pass, median([&]() -> Result<nanoseconds> {
             const Seated seated(model_, 1);
             const PromptPart part{0, 0, prompt, true};
             return timed([&] { return model_.prefill(std::span(&part, 1)); }, 1);
           }));
    return a_second(tokens, pass);
  }

  Result<double> decode(std::uint32_t sequences) {
    const Seated seated(model_, sequences);
    GH_CHECK(begin(sequences));
    std::uint32_t position = 1;
    GH_TRY(const nanoseconds pass, median([&]() -> Result<nanoseconds> {
             if (position == model_.seat_cells()) return nanoseconds(0);
             std::vector<SeatToken> batch;
             for (Seat seat = 0; seat < sequences; ++seat) batch.push_back(SeatToken{seat, position, last_[seat]});
             ++position;
             return timed([&] { return model_.decode(batch); }, sequences);
           }));
    return a_second(sequences, pass);
  }

 private:
  class Seated {
   public:
    Seated(SequenceModel& model, std::uint32_t seats) : model_(model), seats_(seats) {
      for (Seat seat = 0; seat < seats_; ++seat) model_.open(seat, wire::engine::Sampling());
    }
    ~Seated() {
      for (Seat seat = 0; seat < seats_; ++seat) model_.close(seat);
    }
    Seated(const Seated&) = delete;
    Seated& operator=(const Seated&) = delete;

   private:
    SequenceModel& model_;
    const std::uint32_t seats_;
  };

  Status begin(std::uint32_t sequences) {
    const Token first = 0;
    std::vector<PromptPart> parts;
    for (Seat seat = 0; seat < sequences; ++seat) parts.push_back(PromptPart{seat, 0, std::span(&first, 1), true});
    GH_CHECK(model_.prefill(parts));
    sample(sequences);
    return ok();
  }

  void sample(std::uint32_t sequences) {
    last_.resize(sequences);
    for (Seat seat = 0; seat < sequences; ++seat) last_[seat] = model_.sample(seat);
  }

  Result<nanoseconds> timed(const std::function<Status()>& pass, std::uint32_t sequences) {
    const Instant began = clock_.now();
    GH_CHECK(pass());
    sample(sequences);
    return clock_.now() - began;
  }

  // The very first pass says more about cold memory than about the model. A pass of no time is none: the seats are full.
  Result<nanoseconds> median(const std::function<Result<nanoseconds>()>& pass) {
    GH_TRY(const nanoseconds cold, pass());
    std::vector<nanoseconds> took;
    const Instant until = clock_.now() + each_;
    do {
      GH_TRY(const nanoseconds one, pass());
      if (one == nanoseconds(0)) break;
      took.push_back(one);
    } while (took.size() < most_passes && clock_.now() < until);
    if (took.empty()) return cold;
    const auto middle = took.begin() + static_cast<std::ptrdiff_t>(took.size() / 2);
    std::nth_element(took.begin(), middle, took.end());
    return *middle;
  }

  SequenceModel& model_;
  const Clock& clock_;
  const nanoseconds each_;
  std::vector<Token> last_;
};

}  // namespace

Result<ModelSpeed> measure_speed(SequenceModel& model, const Clock& clock, nanoseconds each) {
  ModelSpeed speed;
  speed.threads = model.threads();
  Speedometer meter(model, clock, each);
  GH_TRY(speed.prefill, meter.prefill());
  for (const std::uint32_t sequences : crowds) {
    if (sequences > model.seats()) break;
    GH_TRY(const double tokens, meter.decode(sequences));
    speed.decode.push_back({sequences, tokens});
  }
  return speed;
}

}  // namespace gatehouse::engine
