// The one file that compiles the bodies of Asio and Beast; every other file sees declarations only.
#include <boost/asio/impl/src.hpp>
#include <boost/beast/src.hpp>
