// limits/replay.h — calls as lines of text, decided one after the other in their own time: what `gatehouse debug limiter-replay` prints.
//
//   t key volume limit burst      0.5 alice 1 10/60s 0
//   admit|refuse remaining reset_s retry_s      admit 9 60 0
//
// Units    t, reset and retry in seconds, exact to the nanosecond (what is finer is cut off); "-" is never
// Rules    burst 0 is a sliding window, else a rate with that burst; volume 0 only looks. A key has a count for each limit that is named
//          with it
// Errors   bad_call: what is wrong with the line
#pragma once
#include <map>
#include <string>
#include <string_view>

#include "gatehouse/base/result.h"
#include "gatehouse/limits/limit.h"

namespace gatehouse::limits {

class Replay {
 public:
  // Decides the call in the line, and says the answer without the end of its line. bad_call
  Result<std::string> answer(std::string_view line);

 private:
  struct Counted {
    Limit limit;
    LimitState state;
  };
  std::map<std::string, Counted, std::less<>> counts_;  // by key, limit and burst as they are written
};

}  // namespace gatehouse::limits
