// engine/text_stream.h — turns the bytes of tokens into text that may be shown: whole UTF-8 characters, nothing of a stop string.
// Units    bytes
// Rules    Generation stops at the byte that first completes a stop string; where several end there, the longest counts.
//          This does not depend on how the text is cut into tokens. Empty and ill-formed stop strings are ignored: they can never be met.
// Threads  value type
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace gatehouse::engine {

class TextStream {
 public:
  explicit TextStream(std::vector<std::string> stops);

  // Takes the bytes of one token and appends to out what may be shown now. Holds back an unfinished character (at most 3 bytes) and the
  // longest tail that could still become a stop string. Bytes that can never be UTF-8 become U+FFFD, one for each maximal ill-formed part.
  // True when a stop string was met: what precedes it was appended, and the stream takes nothing more.
  bool push(std::string_view bytes, std::string& out);
  // At an end that is no stop string: what was held back for one is text after all; an unfinished character is dropped.
  void finish(std::string& out);
  bool stopped() const { return stopped_; }
  // The stop string that was met; empty: none was.
  const std::string& stopped_by() const { return stopped_by_; }

  // Places in the text that the bytes make, in bytes: how far it has been shown, and how far it must have been for the last byte that was
  // pushed to be. What a stop string withholds is never reached.
  std::size_t shown() const { return shown_; }
  std::size_t pushed() const { return whole_ + (unfinished_.empty() ? 0 : 1); }

 private:
  // A stop string and how much of it the text ends with, followed as Knuth, Morris and Pratt do: constant work a byte for any string.
  struct Stop {
    std::string text;
    std::vector<std::uint32_t> border;  // of text[0..i]: the longest proper prefix that is also its end
    std::size_t matched;
  };
  std::size_t advance(char byte);
  std::string_view held() const;

  std::vector<Stop> stops_;
  std::string fresh_;       // whole characters of the push under way
  std::string unfinished_;  // the first bytes of a character
  std::size_t whole_ = 0;   // bytes of whole characters, shown or held back
  std::size_t shown_ = 0;
  bool stopped_ = false;
  std::string stopped_by_;
};

}  // namespace gatehouse::engine
