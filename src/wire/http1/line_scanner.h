// wire/http1/line_scanner.h — the first half of the guard: it walks over the raw lines of a head or of trailers before any
// parser sees them, and finds their end.
// Errors   bare CR or LF, control bytes, folded lines (400), request line too long (414), anything else too large (431).
//          What comes back depends on the bytes alone, never on how they were cut into pieces.
// Source   RFC 9112 sections 2.2 and 5.2; Beast 1.81 joins folded lines silently and knows no limit a line
#pragma once
#include <cstddef>
#include <string_view>

#include "gatehouse/base/result.h"
#include "gatehouse/wire/http1/parser.h"

namespace gatehouse::wire::http1 {

enum class Block { head, trailers };

class LineScanner {
 public:
  LineScanner(Block block, const Http1Limits& limits) : block_(block), limits_(limits) {}

  // How many of the bytes belong to the block, its closing empty line included.
  Result<std::size_t> take(std::string_view bytes);
  bool done() const { return done_; }
  std::size_t size() const { return size_; }
  // Bytes of the one empty line that may precede a request line.
  std::size_t skipped() const { return skipped_; }
  void reset();

 private:
  Status count(std::size_t ordinary);
  Status count_end_byte();
  Status end_line();

  const Block block_;
  const Http1Limits& limits_;
  std::size_t size_ = 0, line_ = 0, lines_ = 0, skipped_ = 0;
  bool after_cr_ = false, done_ = false;
};

}  // namespace gatehouse::wire::http1
