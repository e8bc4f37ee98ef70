// wire/http1/chunked.h — takes a chunked body apart, byte for byte, without keeping more than one extension or the trailers.
// Own code and not Beast's: Beast 1.81 bounds neither the digits of a size nor an extension, lets any byte stand in a quoted
// extension and folds trailer lines; the fuzz target compares the two.
// Errors   malformed_chunk, bad_trailer (400), head_too_large (431, trailers)
// Source   RFC 9112 section 7.1
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "gatehouse/base/result.h"
#include "http1/line_scanner.h"

namespace gatehouse::wire::http1 {

class ChunkedDecoder {
 public:
  explicit ChunkedDecoder(const Http1Limits& limits) : limits_(limits), trailer_lines_(Block::trailers, limits) {}

  // How many bytes it took; what they carry is appended to body, or dropped when it is null.
  Result<std::size_t> take(std::string_view bytes, std::string* body);
  bool done() const { return state_ == State::done; }
  void reset();

 private:
  enum class State { size, extension, size_lf, data, data_cr, data_lf, trailers, done };
  Status take_frame_byte(char c);
  Status take_size_digit(char c);
  Status end_extension();
  std::size_t take_data(std::string_view bytes, std::string* body);
  Result<std::size_t> take_trailers(std::string_view bytes);

  const Http1Limits& limits_;
  State state_ = State::size;
  std::uint64_t left_ = 0;  // of the chunk
  int digits_ = 0;
  std::string extension_, trailers_;
  LineScanner trailer_lines_;
};

}  // namespace gatehouse::wire::http1
