// engine/score_queue.h — the scores of tokens, held back for as long as the text of the tokens is.
// Rules    a score is told with the text that its token's last byte is in (TextStream::pushed). So one whose token is withheld by a stop
//          string, in part or whole, is never told: it would say what the text does not. At any other end what is left is told: those
//          are tokens of text that is shown now, or of an unfinished character
// Threads  value type
#pragma once
#include <cstddef>
#include <deque>
#include <utility>
#include <vector>

#include "gatehouse/wire/engine/frames.h"

namespace gatehouse::engine {

class ScoreQueue {
 public:
  // Places must not go down.
  void push(wire::engine::TokenScore score, std::size_t place) { waiting_.emplace_back(place, std::move(score)); }
  void tell_up_to(std::size_t place, std::vector<wire::engine::TokenScore>& out) {
    while (!waiting_.empty() && waiting_.front().first <= place) tell_first(out);
  }
  void tell_all(std::vector<wire::engine::TokenScore>& out) {
    while (!waiting_.empty()) tell_first(out);
  }
  bool empty() const { return waiting_.empty(); }

 private:
  void tell_first(std::vector<wire::engine::TokenScore>& out) {
    out.push_back(std::move(waiting_.front().second));
    waiting_.pop_front();
  }
  std::deque<std::pair<std::size_t, wire::engine::TokenScore>> waiting_;
};

}  // namespace gatehouse::engine
