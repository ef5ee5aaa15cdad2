"""Structures, strings and arrays of ctypes, changed in a child."""

from ctypes import Structure, c_double
from multiprocessing import Lock, Process
from multiprocessing.sharedctypes import Array, Value


class Point(Structure):
    _fields_ = [("x", c_double), ("y", c_double)]


def square(number, ratio, text, points):
    number.value **= 2
    ratio.value **= 2
    text.value = text.value.upper()
    for point in points:
        point.x **= 2
        point.y **= 2


if __name__ == "__main__":
    lock = Lock()
    number = Value("i", 7)
    ratio = Value(c_double, 1.0 / 4.0, lock=False)
    text = Array("c", b"hello world", lock=lock)
    points = Array(Point, [(1.5, -6.25), (-5.75, 2.0), (2.375, 9.5)], lock=lock)
    child = Process(target=square, args=(number, ratio, text, points))
    child.start()
    child.join()
    print(number.value, ratio.value, text.value)
    print([(point.x, point.y) for point in points])
